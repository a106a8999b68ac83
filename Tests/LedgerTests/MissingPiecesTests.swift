import FoundationEssentials
import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// Somebody removes parts of the data directory while the program runs.
@Suite("With a piece of the data directory gone")
struct MissingPiecesTests {
    enum Piece: String, CaseIterable {
        case journalFile = "journal/000000000001-20261122.jsonl"
        case lock = "journal/.lock"
        case note = "journal/.note"
        case journal
        case transactions
        case everything = ""
    }

    /// Commits until it works; a 503 or two is fine.
    private func commit(_ delivery: Delivery, to ledger: Ledger) -> Change? {
        for _ in 0..<3 {
            if let change = ledger.commit(delivery).first?.change { return change }
        }
        return nil
    }

    @Test("a running program works again, and stores what it acknowledges", arguments: Piece.allCases, [true, false])
    func removed(_ piece: Piece, _ isRunning: Bool) throws {
        // Unchecked: what the removed journal had is in the records, and in no journal.
        try withDataFolder(isChecked: false) { folder in
            var ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"), .test("b", "Pending"), .test("a", text: "first"))
            try ledger.moveCheckpoint()
            try folder.removeItem(piece.rawValue)
            if !isRunning { ledger = folder.ledger() }
            for name in ["b", "a", "c"] {
                let change = commit(.test(name, "Gagal"), to: ledger)
                // A commit that failed may have been journalled, so that the next one is a repeat of it.
                let isRepeat = piece == .transactions && isRunning && change == .duplicate
                #expect(change == .created || change == .updated || isRepeat, "\(name)")
                let record = try #require(folder.record("transactions/\(name).json"))
                #expect(record.status == .failed)
                let position = try #require(record.deliveries.last?.journal)
                var found: [PlacedEntry] = []
                try folder.journal().read(from: position, upTo: position.next) { chunk in
                    found += chunk.entries
                    return true
                }
                #expect(found.map(\.position) == [position])
            }
            #expect(commit(.test("a", "Gagal"), to: ledger) == .duplicate)
        }
    }

    /// One for each directory of records.
    private func deliveries(_ name: String, at time: Timestamp = .test()) -> [Delivery] {
        [
            .test(name, at: time),
            .test(body: Array(#"{"memberid":"\#(name)","trxid":"1","message":"{}"}"#.utf8), at: time),
            .test(body: Array("bukan JSON".utf8), at: time),
        ]
    }

    private func contents(of directory: String) throws -> [String: Data?] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).reduce(into: [:]) {
            $0[$1] = FileManager.default.contents(atPath: "\(directory)/\($1)")
        }
    }

    /// Moved within one file system, everything that the program has open stays valid: nothing fails by itself.
    @Test(
        "moved elsewhere, a running program stores where others look",
        arguments: ["", "journal", "transactions", "topups", "rejected"], [true, false])
    func moved(_ piece: String, _ isRemade: Bool) throws {
        // Unchecked: the records of what was moved are in one place, and its journal in another.
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            let checkpoints = folder.ledger()
            for delivery in deliveries("a") { _ = ledger.commit(delivery) }
            try checkpoints.moveCheckpoint()
            let moved = "\(folder.parent)/moved"
            #expect(rename(folder.path(of: piece), moved) == 0)
            let before = try contents(of: moved)
            if isRemade { try folder.ledger().prepare() }
            for delivery in deliveries("b", at: .test(1)) { #expect(ledger.commit(delivery).first?.error == nil) }
            #expect(folder.exists("transactions/b.json"))
            #expect(folder.exists("topups/b+1.json"))
            #expect(folder.names(in: "rejected").count == (["", "rejected"].contains(piece) ? 1 : 2))
            #expect(folder.journalFiles.count == 1)
            try checkpoints.moveCheckpoint()
            #expect(try contents(of: moved) == before)
            #expect(ledger.probe() == nil)
        }
    }

    @Test("a running program in a directory made anew leaves it in order", arguments: [true, false])
    func recreated(_ isRemade: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            try folder.removeItem("")
            if isRemade { try folder.ledger().prepare() }
            #expect(commit(.test("b"), to: ledger) == .created)
            #expect(commit(.test("a"), to: ledger) == .created)
        }
    }

    @Test("the whole directory, and another program's in its place, is not mistaken for the old one")
    func replaced() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"), .test("b"))
            try folder.removeItem("")
            let other = folder.ledger()
            _ = other.commit(.test("a", "Gagal"))
            #expect(commit(.test("a"), to: ledger) == .updated)
            #expect(other.commit(.test("a", "Gagal")).map(\.change) == [.duplicate])
        }
    }

    /// Entries before a checkpoint are not replayed, so it must not outlive the journal that it is about.
    @Test("an old checkpoint does not speak for a new journal")
    func oldCheckpoint() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"), .test("b"), .test("c"))
            try ledger.moveCheckpoint()
            for name in folder.names(in: "transactions") { try folder.removeItem("transactions/\(name)") }
            for file in folder.journalFiles { try folder.removeItem(file) }
            for name in ["d", "e", "f", "g"] { #expect(commit(.test(name), to: ledger) == .created) }
            for name in ["d", "g"] { try folder.removeItem("transactions/\(name).json") }
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test(
        "a journal cut short by hand goes on behind all that records know of",
        arguments: [["c", "b", "d", "e"], ["d", "e", "b", "c"]])
    func cutShort(_ order: [String]) throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            let kept = folder.bytes("journal/000000000001-20261122.jsonl") ?? []
            _ = ledger.commit(.test("b", "Pending"), .test("c", "Pending"))
            try ledger.moveCheckpoint()
            try folder.write(kept, to: "journal/000000000001-20261122.jsonl")
            for name in order {
                _ = commit(.test(name), to: ledger)
                #expect(folder.record("transactions/\(name).json")?.status == .success)
            }
            for name in ["d", "e"] { try folder.removeItem("transactions/\(name).json") }
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "c.json", "d.json", "e.json"])
        }
    }
}
