import KHOINS
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("The journal's files")
struct JournalFileTests {
    @Test("change before one would pass 16 MiB, and sort in order though the clock goes back")
    func changeOver() throws {
        try withDataFolder { folder in
            let day = 86_400
            #expect(folder.ledger().commit(.test("a")).map(\.change) == [.created])
            let line = JournalEntry(.delivery(.test("a")), updates: true).line
            let room = JournalFile.maximumLength - folder.length(of: "journal/20261122-000001.jsonl")
            try folder.append(line, reserving: room, at: .test())
            #expect(folder.journalFiles == ["journal/20261122-000001.jsonl"])
            try folder.append(line, reserving: room, at: .test(-30 * day))
            try folder.append(line, reserving: JournalFile.maximumLength - line.count, at: .test())
            try folder.append(line, reserving: JournalFile.maximumLength - line.count, at: .test(day))
            #expect(
                folder.journalFiles == [
                    "journal/20261122-000001.jsonl", "journal/20261122-000002.jsonl", "journal/20261123-000003.jsonl",
                ])
            try folder.removeItem("journal/.lock")
            #expect(folder.ledger().commit(.test("a")).map(\.change) == [.duplicate])
            #expect(folder.record("transactions/a.json")?.deliveries.map(\.count) == [6])
        }
    }

    @Test("take a batch that is larger than a file should be, alone")
    func largeBatch() throws {
        try withDataFolder { folder in
            let lines = ["a", "b", "c"].map { JournalEntry(.delivery(.test($0))).line }
            for (line, reserved) in zip(lines, [2, 2, 0]) {
                try folder.append(line, reserving: reserved * JournalFile.maximumLength, at: .test())
            }
            #expect(folder.journalFiles.map { folder.length(of: $0) } == [lines[0].count, lines[0].count * 2])
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test("that a dead process made and never used are used")
    func unused() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let journal = try folder.journal()
            let name = JournalFileName.first(at: .test()).next(at: .test())
            _ = try JournalFile(making: name, head: [], in: journal.reader.directory)
            let line = JournalEntry(.delivery(.test("b"))).line
            try folder.append(line, reserving: JournalFile.maximumLength, at: .test(86_400))
            #expect(folder.journalFiles.map { folder.length(of: $0) } == [line.count, line.count])
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test("ask for a checkpoint once each, in their middle", arguments: [1, 100])
    func checkpointIsDue(entries: Int) throws {
        // Unchecked, because checking reads all of that several times.
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            let length = Ledger.checkpointOffset / entries
            let large = Delivery.test(body: [UInt8](repeating: UInt8(ascii: "x"), count: length))
            for _ in 0..<2 {
                #expect(!ledger.commit([.test()]).isCheckpointDue)
                #expect((0..<entries).map { _ in ledger.commit([Submission(large)]).isCheckpointDue }.last == true)
                #expect(!ledger.commit([.test()]).isCheckpointDue)
                try folder.append([], reserving: JournalFile.maximumLength, at: .test())
            }
            #expect(folder.journalFiles.count == 3)
        }
    }
}

extension DataFolder {
    /// Bytes in a file; zero where there is none.
    func length(of name: String) -> Int { bytes(name)?.count ?? 0 }

    /// The journal, as a process has it open.
    func journal() throws -> Journal {
        let store = try RecordStore(makingAt: path)
        return try Journal(directory: try store.journalDirectory(making: true))
    }

    /// Appends to the journal, and to no record, as if much more were to follow in the same batch.
    func append(_ bytes: [UInt8], reserving byteCount: Int, at time: Timestamp) throws {
        let journal = try journal()
        _ = try journal.acquire(within: 1)
        defer { journal.release() }
        _ = try journal.place(for: byteCount, at: time)
        try journal.append(bytes)
        try journal.acknowledge()
    }
}
