import KHOINS
import TestSupport
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
            let entry = JournalEntry(.delivery(.test("a")), updates: true)
            let length = entry.line().count
            let room = JournalFile.maximumLength - folder.length(of: "journal/000000000001-20261122.jsonl")
            try folder.append([entry], reserving: room, at: .test())
            #expect(folder.journalFiles == ["journal/000000000001-20261122.jsonl"])
            try folder.append([entry], reserving: room, at: .test(-30 * day))
            try folder.append([entry], reserving: JournalFile.maximumLength - length, at: .test())
            try folder.append([entry], reserving: JournalFile.maximumLength - length, at: .test(day))
            #expect(
                folder.journalFiles == [
                    "journal/000000000001-20261122.jsonl", "journal/000000000003-20261023.jsonl",
                    "journal/000000000005-20261123.jsonl",
                ])
            try folder.removeItem("journal/.lock")
            #expect(folder.ledger().commit(.test("a")).map(\.change) == [.duplicate])
            #expect(folder.record("transactions/a.json")?.deliveries.map(\.count) == [6])
        }
    }

    @Test("take a batch that is larger than a file should be, alone")
    func largeBatch() throws {
        try withDataFolder { folder in
            let entries = ["a", "b", "c"].map { JournalEntry(.delivery(.test($0))) }
            for (entry, reserved) in zip(entries, [2, 2, 0]) {
                try folder.append([entry], reserving: reserved * JournalFile.maximumLength, at: .test())
            }
            #expect(
                folder.journalFiles.map { folder.length(of: $0) } == [
                    entries[0].line().count, entries[0].line().count * 2,
                ])
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test("that a dead process made and never used are used")
    func unused() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let journal = try folder.journal()
            let name = JournalFileName(first: .test(2), at: .test())
            _ = try JournalFile(making: name, head: [], in: journal.directory)
            let entry = JournalEntry(.delivery(.test("b")))
            try folder.append([entry], reserving: JournalFile.maximumLength, at: .test(86_400))
            #expect(folder.journalFiles.map { folder.length(of: $0) } == [entry.line().count, entry.line().count])
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test("ask for a checkpoint once each, in their middle", arguments: [1, 100])
    func checkpointIsDue(entries: Int) throws {
        // Unchecked, because checking reads all of that several times.
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            let length = JournalFile.maximumLength / 2 / entries
            let large = Delivery.test(body: [UInt8](repeating: UInt8(ascii: "x"), count: length))
            for _ in 0..<2 {
                #expect(!ledger.commit([.test()]).isCheckpointDue)
                #expect((0..<entries).map { _ in ledger.commit([Submission(large)]).isCheckpointDue }.last == true)
                #expect(!ledger.commit([.test()]).isCheckpointDue)
                try folder.beginJournalFile()
            }
            #expect(folder.journalFiles.count == 3)
        }
    }
}
