import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

/// Under load there is room behind the journal's end: blank lines that are written over, so that a sync has data alone to
/// write.
@Suite("Room in the journal", .serialized)
struct JournalRoomTests {
    private static let file = "journal/000000000001-20261122.jsonl"

    private func loadedLedger(_ folder: DataFolder) -> Ledger { Ledger(path: folder.path, expectsLoad: true) }

    /// The journal's bytes without the room at their end.
    private func entries(_ folder: DataFolder) -> [UInt8] {
        let bytes = folder.bytes(Self.file) ?? []
        let last = bytes.lastIndex { $0 != UInt8(ascii: "\n") }
        return Array(bytes[..<(last.map { $0 + 2 } ?? 0)])
    }

    @Test("is made by batches of several, filled by all, and taken away when it is quiet")
    func madeAndTaken() throws {
        try withDataFolder { folder in
            let ledger = loadedLedger(folder)
            #expect(!ledger.commit([.test("a")]).hasPadding)
            #expect(folder.bytes(Self.file) == entries(folder))
            #expect(ledger.commit([.test("b"), .test("c")]).hasPadding)
            let length = folder.length(of: Self.file)
            #expect(length == entries(folder).count + JournalFile.paddingLength)
            #expect(ledger.commit([.test("d")]).hasPadding)
            #expect(folder.length(of: Self.file) == length)
            try folder.ledger().removePadding()
            #expect(folder.bytes(Self.file) == entries(folder))
            #expect(!ledger.commit([.test("e")]).hasPadding)
            #expect(folder.names(in: "transactions").count == 5)
        }
    }

    @Test("that is used up is made again, and ends with the file")
    func usedUp() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = loadedLedger(folder)
            var last = 0
            while folder.journalFiles.count < 2 {
                let length = JournalFile.paddingLength / 3
                let bodies = [length, length + 1].map { [UInt8](repeating: UInt8(ascii: "x"), count: $0) }
                #expect(ledger.commit(bodies.map { Submission(.test(body: $0)) }).outcomes.count == 2)
                let fileLength = folder.length(of: Self.file)
                #expect(fileLength <= JournalFile.maximumLength && fileLength >= last)
                last = fileLength
            }
        }
    }

    @Test("is no gap for the next process, and goes with its first entry")
    func otherProcess() throws {
        try withDataFolder { folder in
            _ = loadedLedger(folder).commit([.test("a"), .test("b")])
            #expect(folder.ledger().commit(.test("c")).map(\.change) == [.created])
            #expect(folder.bytes(Self.file) == entries(folder))
        }
    }

    @Test("that a dead process had begun to fill is a gap", arguments: [0, 30])
    func gap(_ tornBytes: Int) throws {
        try withDataFolder { folder in
            _ = loadedLedger(folder).commit([.test("a"), .test("b")])
            let end = entries(folder).count
            var bytes = try #require(folder.bytes(Self.file))
            let left = folder.lines(["c", "d"].map { JournalEntry(.delivery(.test($0))) })
            bytes.replaceSubrange(end..<(end + left.count - tornBytes), with: left.dropLast(tornBytes))
            try folder.write(bytes, to: Self.file)
            try loadedLedger(folder).prepare()
            #expect(folder.names(in: "transactions").count == (tornBytes == 0 ? 4 : 3))
            #expect(folder.bytes(Self.file) == entries(folder))
        }
    }

    @Test("is nothing to recovery, to a reader and to verify")
    func readers() throws {
        try withDataFolder { folder in
            _ = loadedLedger(folder).commit([.test("a"), .test("b")])
            try folder.removeItem("transactions/a.json")
            try folder.removeItem("journal/.lock")
            var newest: [String] = []
            _ = try RecordReader(path: folder.path)?.newestFirst(RecordSelection()) { stored in
                newest.append(stored.record?.callback.trxid ?? "")
                return true
            }
            #expect(newest == ["b"])
            try folder.ledger().prepare()
            #expect(folder.names(in: "transactions") == ["a.json", "b.json"])
            #expect(folder.bytes(Self.file) == entries(folder))
            #expect(try Verifier(path: folder.path).findings().isEmpty)
        }
    }

    @Test("is not made where there is no space for it: what has come is kept")
    func noSpace() throws {
        // Unchecked: no record is written here.
        try withDataFolder(isChecked: false) { folder in
            let large = [UInt8](
                repeating: UInt8(ascii: "x"), count: JournalFile.maximumLength - JournalFile.paddingLength)
            _ = folder.ledger().commit(.test(body: large))
            let entry = JournalEntry(.delivery(.test("b")))
            let length = folder.length(of: Self.file)
            let line = entry.line(2)
            try folder.withSession { session in
                let appended = try withFileSizeLimit(rlim_t(length + line.count + 1000)) {
                    try session.append([.init(EntryDraft(entry.content), updates: false)], padding: .some) { _ in }
                }
                #expect(!appended.hasPadding)
                #expect(folder.length(of: Self.file) == length + line.count)
                try session.acknowledge()
            }
        }
    }
}
