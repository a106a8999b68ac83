import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// Sectors of a batch that was never synced reach the disk in any order, or not at all.
@Suite("A batch that a power cut has torn")
struct TornBatchTests {
    private static let file = "journal/000000000001-20261122.jsonl"
    private static let sector = 512

    /// The states of a journal's file before and after a batch, and what lay around it before.
    private struct Batch {
        var before: [UInt8]
        var after: [UInt8]
        /// Bytes of `before` that count.
        var end: Int
        var note: [UInt8]
        var others: Set<String>
    }

    private func batch(of count: Int, isPadded: Bool, in folder: DataFolder) throws -> Batch {
        let ledger = Ledger(path: folder.path, expectsLoad: isPadded)
        _ = ledger.commit(.test("a"), .test("b"), .test(body: [1]))
        _ = ledger.commit(.test("a", "Refund"))
        let before = try #require(folder.bytes(Self.file))
        let end = (before.lastIndex { $0 != UInt8(ascii: "\n") } ?? -2) + 2
        let (note, others) = (folder.bytes("journal/.note") ?? [], Set(folder.recordFiles.keys))
        let submissions = (0..<count).map { index in
            index % 9 == 8
                ? Submission(.test(body: [UInt8](repeating: UInt8(index), count: 100)))
                : .test("t\(index)", text: String(repeating: "x", count: index * 37 % 700))
        }
        #expect(ledger.commit(submissions).outcomes.count == count)
        return Batch(
            before: before, after: folder.bytes(Self.file) ?? [], end: end, note: note, others: others)
    }

    /// Leaves a directory as a power cut does that came before the batch's sync was done.
    private func tear(
        _ batch: Batch, in folder: DataFolder, isLost: (_ sector: Int) -> Bool, hasNulls: Bool = false
    ) throws {
        var bytes = batch.after
        for start in stride(from: batch.end / Self.sector * Self.sector, to: bytes.count, by: Self.sector)
        where isLost(start / Self.sector) {
            for index in start..<min(start + Self.sector, bytes.count) {
                bytes[index] = index < batch.before.count && !(hasNulls && index >= batch.end) ? batch.before[index] : 0
            }
        }
        try folder.write(bytes, to: Self.file)
        try folder.write(batch.note, to: "journal/.note")
        try RecoveryTests.Restart.reboot.happen(to: folder)
        for name in folder.recordFiles.keys where !batch.others.contains(name) { try folder.removeItem(name) }
    }

    private func findings(in folder: DataFolder) throws -> [String] {
        let torn = folder.names(in: "rejected").filter { $0.hasSuffix("-journal-torn") }
        return Integrity.findings(in: folder).filter { finding in !torn.contains { finding.contains($0) } }
            + (try Verifier(path: folder.path).findings().map { "\($0)" })
    }

    @Test(
        "is in order after it: what was acknowledged is there, and nothing is damaged", arguments: 0..<24,
        [false, true])
    func anySectors(_ seed: Int, isPadded: Bool) throws {
        try withDataFolder(isChecked: false) { folder in
            var generator = SeededGenerator(seed: UInt64(seed))
            let batch = try batch(of: 48, isPadded: isPadded, in: folder)
            let share = Int.random(in: 1...9, using: &generator)
            let hasNulls = Bool.random(using: &generator)
            try tear(
                batch, in: folder, isLost: { _ in Int.random(in: 0..<10, using: &generator) < share },
                hasNulls: hasNulls)
            try folder.ledger().prepare()
            #expect(try findings(in: folder) == [])
            #expect(folder.bytes(Self.file)?.prefix(batch.end).elementsEqual(batch.before.prefix(batch.end)) == true)
            #expect(folder.ledger().commit(.test("a", "Refund"), .test("b")).map(\.change) == [.duplicate, .duplicate])
            try RecoveryTests.Restart.reboot.happen(to: folder)
            try folder.ledger().prepare()
            #expect(try findings(in: folder) == [])
        }
    }

    @Test("leaves the bytes that were torn where an operator looks")
    func kept() throws {
        try withDataFolder(isChecked: false) { folder in
            let batch = try batch(of: 48, isPadded: true, in: folder)
            let middle = batch.end / Self.sector + 6
            try tear(batch, in: folder) { $0 == middle }
            try folder.ledger().prepare()
            #expect(try findings(in: folder) == [])
            let kept = folder.bytes("rejected/5-journal-torn") ?? []
            #expect(kept.count > 100)
            let end = try #require(folder.bytes(Self.file)).count
            #expect(end > (middle + 2) * Self.sector, "what is whole behind it counts")
        }
    }

    @Test("stays a finding where anything acknowledged stands behind it", arguments: [false, true])
    func acknowledged(_ isToldByNote: Bool) throws {
        try withDataFolder(isChecked: false) { folder in
            let batch = try batch(of: 48, isPadded: false, in: folder)
            // By the note, which has reached the disk with the batch; or by an entry of a later batch.
            let note = folder.bytes("journal/.note") ?? []
            if !isToldByNote { _ = folder.ledger().commit(.test("later")) }
            var torn = batch
            torn.after = folder.bytes(Self.file) ?? []
            torn.note = isToldByNote ? note : batch.note
            torn.others = Set(folder.recordFiles.keys)
            try tear(torn, in: folder) { $0 == batch.end / Self.sector + 6 }
            try folder.ledger().prepare()
            #expect(try Verifier(path: folder.path).findings().contains { $0.kind == .journal })
            #expect(!folder.names(in: "rejected").contains { $0.hasSuffix("-journal-torn") })
        }
    }

    @Test("is not told from older damage where an entry before it is missing")
    func older() throws {
        try withDataFolder(isChecked: false) { folder in
            let batch = try batch(of: 48, isPadded: false, in: folder)
            try tear(batch, in: folder) { _ in false }
            var bytes = folder.bytes(Self.file) ?? []
            for index in (batch.end - 30)..<(batch.end + 30) { bytes[index] = 0 }
            try folder.write(bytes, to: Self.file)
            try folder.ledger().prepare()
            #expect(try Verifier(path: folder.path).findings().contains { $0.kind == .journal })
        }
    }
}
