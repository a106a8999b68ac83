import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

/// A process that dies between append and rename leaves entries behind that no record holds.
@Suite("A gap in the journal")
struct GapTests {
    private static let file = "journal/000000000001-20261122.jsonl"

    /// Entries as a process leaves them that is killed after its append.
    private func leave(_ entries: [JournalEntry], in folder: DataFolder, torn: [UInt8] = []) throws {
        try folder.append(folder.lines(entries) + torn, to: Self.file)
    }

    @Test("is closed by the next commit, of the same process or another", arguments: [true, false])
    func closed(_ isSameLedger: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"))
            try leave(
                [
                    JournalEntry(.delivery(.test("a")), updates: true), JournalEntry(.delivery(.test("b"))),
                    JournalEntry(.expectation(.test("c"))), JournalEntry(.delivery(.test(body: [1]))),
                ], in: folder)
            let next = isSameLedger ? ledger : folder.ledger()
            #expect(next.commit(.test("d"), .test("b")).map(\.change) == [.created, .duplicate])
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "c.json", "d.json"])
            #expect(folder.names(in: "rejected").count == 1)
            #expect(folder.record("transactions/a.json")?.status == .success)
        }
    }

    @Test("is closed by a health check and by a checkpoint too")
    func closedOtherwise() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            try leave([JournalEntry(.delivery(.test("b")))], in: folder)
            #expect(folder.ledger().probe() == nil)
            #expect(folder.exists("transactions/b.json"))
            try leave([JournalEntry(.delivery(.test("c")))], in: folder)
            try folder.ledger().moveCheckpoint()
            #expect(folder.exists("transactions/c.json"))
        }
    }

    @Test("changes nothing where the dead process had got to the record")
    func alreadyApplied() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            let note = folder.bytes("journal/.note")
            _ = ledger.commit(.test("a"), .test("b"))
            try folder.write(note ?? [], to: "journal/.note")
            let before = folder.recordFiles
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
        }
    }

    @Test("loses a torn tail of any length", arguments: [1, 2, 8, 17, 40, 100, 199, 300])
    func tornTail(_ count: Int) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            let torn = JournalEntry(.delivery(.test("c", text: String(repeating: "x", count: 200)))).line(3).prefix(
                count)
            try leave([JournalEntry(.delivery(.test("b")))], in: folder, torn: Array(torn))
            #expect(ledger.commit(.test("d")).map(\.change) == [.created])
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "d.json"])
        }
    }

    @Test("with damage in it still gives the lines behind that")
    func damage() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            let end = try #require(folder.bytes(Self.file)).count
            try folder.append([UInt8](repeating: 0, count: 300), to: Self.file)
            try leave([JournalEntry(.delivery(.test("b")))], in: folder)
            _ = ledger.commit(.test("c"))
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "c.json"])
            #expect(Integrity.findings(in: folder) == ["\(Self.file):\(end): 300 damaged bytes"])
        }
    }

    @Test("brings a record back that its entry says was there and that is lost")
    func lostRecord() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"))
            _ = ledger.commit(.test("a", "Gagal"))
            try folder.removeItem("transactions/a.json")
            try leave([JournalEntry(.delivery(.test("a")), updates: true)], in: folder)
            try ledger.prepare()
            #expect(folder.record("transactions/a.json")?.deliveries.count == 3)
        }
    }

    @Test("takes away what the dead process was writing")
    func leftovers() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            try leave([JournalEntry(.delivery(.test("b")))], in: folder)
            for directory in ["transactions", "topups", "rejected"] {
                try folder.write(Array("half".utf8), to: "\(directory)/.new")
            }
            try ledger.prepare()
            #expect(folder.names(in: "topups") == [])
        }
    }
}
