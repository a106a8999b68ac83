import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// A position is an entry's number: what a machine went through must not show in what it keeps.
@Suite("Numbers of entries")
struct NumberTests {
    /// What happens to a machine between two batches.
    enum Event: CaseIterable {
        case nothing, otherProcess, restart, checkpoint, newFile, abandonedFile, gap, archive, lostJournal,
            lostNewestFile

        func befall(_ folder: DataFolder) throws {
            switch self {
            case .nothing: break
            case .otherProcess: try folder.ledger().prepare()
            case .restart: try RecoveryTests.Restart.reboot.happen(to: folder)
            case .checkpoint: try folder.ledger().moveCheckpoint()
            case .newFile: try folder.beginJournalFile(at: .test(90_000))
            case .abandonedFile: try folder.abandonJournalFile()
            case .gap:
                // As a process leaves it that is killed after its append and before the first record.
                let note = folder.bytes("journal/.note") ?? []
                _ = folder.ledger().commit(.test("gap"))
                try folder.write(note, to: "journal/.note")
                try folder.removeItem("transactions/gap.json")
            case .archive: try folder.archive()
            case .lostJournal: try folder.removeItem("journal")
            case .lostNewestFile: if let name = folder.journalFiles.last { try folder.removeItem(name) }
            }
        }
    }

    /// Batches, each of which ends with something that is new and so tells of its number.
    static let batches: [[Delivery]] = (0..<8).map { round in
        [
            .test("a", round.isMultiple(of: 3) ? "Pending" : "Success", text: "\(round % 4)", at: .test(round)),
            .test(body: [UInt8(round)], at: .test(round)), .test("b-\(round % 2)", "Gagal", at: .test(round)),
            .test("new-\(round)", at: .test(round)),
        ]
    }

    /// What is kept after all batches, with an event before each but the first.
    private func files(_ events: [Event]) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        // Unchecked: where journal files were lost, records know more than the journal.
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            for (index, batch) in Self.batches.enumerated() {
                if index > 0 {
                    try events[index % events.count].befall(folder)
                    if !events.contains(.gap), index == 4 { _ = folder.ledger().commit(.test("gap")) }
                }
                _ = ledger.commit(batch.map { Submission($0) })
            }
            files = folder.recordFiles
            for name in try folder.archivedNames() {
                files["transactions/\(name).json"] = try folder.found(name)?.json
            }
        }
        return files
    }

    @Test("are the same on two machines that take in the same, whatever else became of one", arguments: Event.allCases)
    func sameBytes(_ event: Event) throws {
        // The entry of the gap comes at the same place on both.
        let plain = try files([.nothing])
        let events: [Event] = (0..<8).map { $0 == 4 && event == .gap ? .gap : event == .gap ? .nothing : event }
        let lived = try files(events)
        #expect(lived.keys.sorted() == plain.keys.sorted())
        for name in plain.keys { #expect(lived[name] == plain[name], "\(name)") }
    }

    @Test("are 1, 2, 3, … in the order in which entries came, over all files")
    func consecutive() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            for batch in Self.batches {
                _ = ledger.commit(batch.map { Submission($0) })
                try folder.beginJournalFile()
            }
            var numbers: [Int] = []
            try folder.journal().read { chunk in
                numbers += chunk.entries.map(\.position.number)
                return true
            }
            #expect(numbers == Array(1...32))
            #expect(folder.names(in: "rejected").allSatisfy { RejectedDelivery.position(inFileName: $0) != nil })
        }
    }

    /// Where a number of a lost file may have been told to somebody, it is not used again.
    enum Witness: String, CaseIterable {
        case record, archive, rejected, cursor, checkpoint, note

        func prepare(_ folder: DataFolder) throws {
            _ = folder.ledger().commit(.test("a"), .test("b"), .test(body: [1]))
            let all = ["transactions", "rejected", "journal/.note"]
            var kept: [String] = []
            switch self {
            case .record:
                _ = folder.ledger().commit(.test("last"))
                kept = ["transactions"]
            case .archive:
                _ = folder.ledger().commit(.test("last"))
                try folder.archive()
                kept = ["archive"]
            case .rejected:
                _ = folder.ledger().commit(.test(body: [2]))
                kept = ["rejected"]
            case .cursor:
                _ = folder.ledger().commit(.test("last"))
                try folder.makeDirectory(".cursors")
                try folder.write(Cursor(readUpTo: .test(5)).bytes, to: ".cursors/shop.json")
            case .checkpoint:
                _ = folder.ledger().commit(.test("last"))
                try folder.ledger().moveCheckpoint()
            case .note:
                _ = folder.ledger().commit(.test("last"))
                kept = ["journal/.note"]
            }
            for name in folder.journalFiles { try folder.removeItem(name) }
            if self != .checkpoint, folder.exists("journal/.checkpoint") {
                try folder.removeItem("journal/.checkpoint")
            }
            for name in all where !kept.contains(name) { try folder.removeItem(name) }
        }
    }

    @Test("are not used twice where the journal was lost", arguments: Witness.allCases)
    func lost(_ witness: Witness) throws {
        try withDataFolder(isChecked: false) { folder in
            try witness.prepare(folder)
            #expect(folder.ledger().commit(.test("next")).map(\.change) == [.created])
            #expect(folder.record("transactions/next.json")?.deliveries.map(\.journal) == [.test(5)])
            #expect(folder.journalFiles.last?.hasPrefix("journal/000000000005-") == true)
        }
    }

    @Test("are kept by the next file's name, whatever is lost after the journal was")
    func lostTwice() throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"), .test(body: [1]))
            try folder.ledger().moveCheckpoint()
            for name in folder.journalFiles + ["transactions", "rejected"] { try folder.removeItem(name) }
            // A health check finds out, and the power goes before the first callback.
            #expect(folder.ledger().probe() == nil)
            for name in ["journal/.checkpoint", "journal/.note"] where folder.exists(name) {
                try folder.removeItem(name)
            }
            #expect(folder.ledger().commit(.test("next")).map(\.change) == [.created])
            #expect(folder.record("transactions/next.json")?.deliveries.map(\.journal) == [.test(4)])
        }
    }

    @Test("are found among thousands in one file, whichever is asked for, and with damage between them")
    func found() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            var generator = SeededGenerator(seed: 5)
            for round in 0..<40 {
                _ = ledger.commit(
                    (0..<50).map { index in
                        let length = Int.random(in: 0...2_000, using: &generator)
                        return .test("t\(round)-\(index)", text: String(repeating: "x", count: length))
                    })
            }
            let file = folder.journalFiles[0]
            var bytes = try #require(folder.bytes(file))
            let hole = bytes.count / 2..<bytes.count / 2 + 20_000
            bytes.replaceSubrange(hole, with: [UInt8](repeating: 0, count: hole.count))
            try folder.write(bytes, to: file)
            let journal = try folder.journal()
            var whole: Set<Int> = []
            try journal.read { chunk in
                whole.formUnion(chunk.entries.map(\.position.number))
                return true
            }
            #expect(whole.count < 2_000 && whole.count > 1_950)
            for number in stride(from: 1, through: 2_000, by: 7) {
                var first: Position?
                try journal.read(from: .test(number)) { chunk in
                    first = chunk.entries.first?.position
                    return first == nil
                }
                #expect(first?.number == whole.filter { $0 >= number }.min())
                var before: [Int] = []
                try journal.read(from: .test(number), upTo: .test(number + 3)) { chunk in
                    before += chunk.entries.map(\.position.number)
                    return true
                }
                #expect(before == (number..<number + 3).filter { whole.contains($0) })
            }
        }
    }
}

@Suite("A data directory of an earlier form")
struct OldFormTests {
    enum Kind: CaseIterable {
        case journal, record

        func plant(in folder: DataFolder) throws {
            switch self {
            case .journal:
                try folder.write([], to: "journal/20261122-000001.jsonl")
            case .record:
                let record = try #require(folder.text("transactions/a.json"))
                try folder.removeItem("journal")
                try folder.write(
                    record.replacing("\"schema\": 2", with: "\"schema\": 1").utf8, to: "transactions/a.json")
            }
        }
    }

    @Test("is refused in one sentence, and left as it is", arguments: Kind.allCases)
    func refused(_ kind: Kind) throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test("a"), .test(body: [1]))
            try kind.plant(in: folder)
            if kind == .journal { try folder.removeItem("journal/.note") }
            let before = folder.recordFiles
            for _ in 0..<2 {
                let error = folder.ledger().commit(.test("b")).first?.error
                #expect(error == .oldForm(path: folder.path))
                #expect(error?.isOfSetUp == true)
                #expect(error?.explanation.contains("form from before the first release") == true)
            }
            #expect(folder.recordFiles == before)
            if kind == .journal {
                #expect(throws: LedgerError.oldForm(path: folder.path)) {
                    _ = try Verifier(path: folder.path).findings()
                }
            }
        }
    }
}
