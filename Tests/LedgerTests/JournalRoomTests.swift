import Glibc
import KHOINS
import Testing

@testable import Journal
@testable import Ledger

/// Under load there is room behind the journal's end: blank lines that are written over, so that a sync has data alone to
/// write.
@Suite("Room in the journal", .serialized)
struct JournalRoomTests {
    private static let file = "journal/20261122-000001.jsonl"

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
            #expect(!ledger.commit([.test("a")]).hasRoom)
            #expect(folder.bytes(Self.file) == entries(folder))
            #expect(ledger.commit([.test("b"), .test("c")]).hasRoom)
            let length = folder.length(of: Self.file)
            #expect(length == entries(folder).count + JournalFile.roomLength)
            #expect(ledger.commit([.test("d")]).hasRoom)
            #expect(folder.length(of: Self.file) == length)
            try folder.ledger().removeRoom()
            #expect(folder.bytes(Self.file) == entries(folder))
            #expect(!ledger.commit([.test("e")]).hasRoom)
            #expect(folder.names(in: "transactions").count == 5)
        }
    }

    @Test("that is used up is made again, and ends with the file")
    func usedUp() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = loadedLedger(folder)
            var last = 0
            while folder.journalFiles.count < 2 {
                let length = JournalFile.roomLength / 3
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
            let left = JournalEntry(.delivery(.test("c"))).line + JournalEntry(.delivery(.test("d"))).line
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
            let large = [UInt8](repeating: UInt8(ascii: "x"), count: JournalFile.maximumLength - JournalFile.roomLength)
            _ = folder.ledger().commit(.test(body: large))
            let journal = try folder.journal()
            _ = try journal.acquire(within: 1)
            defer { journal.release() }
            let line = JournalEntry(.delivery(.test("b"))).line
            _ = try journal.place(for: line.count, at: .test())
            let length = folder.length(of: Self.file)
            try withFileSizeLimit(rlim_t(length + line.count + 1000)) { try journal.append(line, allocating: true) }
            #expect(!journal.hasRoom)
            #expect(folder.length(of: Self.file) == length + line.count)
            try journal.acknowledge()
        }
    }
}
