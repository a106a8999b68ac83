import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

@Suite("The checkpoint")
struct CheckpointTests {
    private static let file = "journal/.checkpoint"

    @Test("moves to the end of what is acknowledged, and forward only")
    func moves() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            try ledger.moveCheckpoint()
            #expect(!folder.exists(Self.file))
            _ = ledger.commit(.test("a"), .test(body: [1]))
            try ledger.moveCheckpoint()
            let first = try #require(checkpoint(of: folder))
            #expect(first == .test(3))
            try ledger.moveCheckpoint()
            #expect(checkpoint(of: folder) == first)
            _ = ledger.commit(.test("a"))
            try folder.ledger().moveCheckpoint()
            let second = try #require(checkpoint(of: folder))
            #expect(second > first)
            try folder.withSession { session in try session.moveCheckpoint(to: first) }
            #expect(checkpoint(of: folder) == second)
        }
    }

    /// Found by an interleaving of two processes: what was known began behind the checkpoint, and stood for what lies
    /// between the two.
    @Test("passes only what it has looked at, also where another process wrote meanwhile")
    func foreignWrites() {
        let recent = RecentWrites()
        recent.add([], [], from: .test(5), to: .test(7))
        recent.drop(upTo: .test(3))
        #expect(recent.writes(from: .test(3), to: .test(7)) == nil)
        #expect(recent.writes(from: .test(5), to: .test(7)) != nil)
        recent.drop(upTo: .test(6))
        #expect(recent.writes(from: .test(5), to: .test(7)) == nil)
        #expect(recent.writes(from: .test(6), to: .test(7)) != nil)
        recent.drop(upTo: .test(9))
        #expect(recent.writes(from: .test(9), to: .test(9)) == nil)
    }

    @Test("knows the newest of all that was written, also of what came while it looked")
    func recentWrites() throws {
        let recent = RecentWrites()
        func add(_ numbers: Range<Int>) throws {
            for number in numbers {
                let name = try #require(RecordName(trxid: "KH-\(number % 3_000)"))
                let digest = RecordDigest(Array("\(number)".utf8))
                recent.add([(name, .test(number), digest)], [], from: .test(number), to: .test(number + 1))
            }
        }
        func expectNewest(from start: Int, to end: Int, of last: Int) throws {
            let parts = try #require(recent.writes(from: .test(start), to: .test(end)))
            let records = parts.reduce(into: [:]) { $0.merge($1.records) { $1 } }
            #expect(records.count == min(3_000, last - start))
            let isRight = (max(start, last - 3_000)..<last).allSatisfy { number in
                RecordName(trxid: "KH-\(number % 3_000)").flatMap { records[$0] }.map {
                    $0.upTo == .test(number) && $0.digest == RecordDigest(Array("\(number)".utf8))
                } ?? false
            }
            #expect(isRight)
        }
        try add(1..<10_000)
        try expectNewest(from: 1, to: 10_000, of: 10_000)
        try add(10_000..<10_500)
        try expectNewest(from: 1, to: 10_200, of: 10_500)
        recent.drop(upTo: .test(10_000))
        try expectNewest(from: 10_000, to: 10_500, of: 10_500)
        #expect(recent.writes(from: .test(9_999), to: .test(10_500)) == nil)
        // Another process has written in between.
        recent.add([], [], from: .test(10_600), to: .test(10_601))
        #expect(recent.writes(from: .test(10_000), to: .test(10_601)) == nil)
    }

    @Test("does not pass a lost record that an expectation has made, alone or at first", arguments: [1, 2])
    func expected(_ entries: Int) throws {
        try withDataFolder { folder in
            let expectation = Submission(Expectation.test("a"))
            _ = folder.ledger().commit([expectation])
            if entries == 2 { _ = folder.ledger().commit(.test("a")) }
            try folder.removeItem("transactions/a.json")
            try folder.ledger().moveCheckpoint()
            #expect(folder.record("transactions/a.json")?.expected != nil)
            #expect(folder.record("transactions/a.json")?.deliveries.count == entries - 1)
        }
    }

    @Test("is where recovery starts")
    func recoveryStarts() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            try ledger.moveCheckpoint()
            _ = ledger.commit(.test("b"))
            for name in ["a", "b"] { try folder.removeItem("transactions/\(name).json") }
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
            #expect(folder.names(in: "transactions") == ["b.json"])
        }
    }

    @Test("in the middle of several files, with records on both sides")
    func severalFiles() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            for index in 0..<4 {
                _ = ledger.commit(.test("a", "Pending", text: "\(index)"), .test("b-\(index)"))
                if index == 1 { try ledger.moveCheckpoint() }
                try folder.beginJournalFile()
            }
            for name in ["a", "b-2", "b-3"] { try folder.removeItem("transactions/\(name).json") }
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
            #expect(folder.record("transactions/a.json")?.deliveries.count == 4)
        }
    }

    @Test(
        "that is not whole, or is not of this journal, is not believed",
        arguments: [
            "", "2", "2 0", "\0\0\0\0", "-1 b4a4e5fe", "9 8a4ea6e6",
        ])
    func broken(_ text: String) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"))
            try folder.write(text.utf8, to: Self.file)
            #expect(checkpoint(of: folder) == nil)
            try folder.removeItem("transactions/a.json")
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
        }
    }

    @Test("behind the journal's end is not believed")
    func beyond() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let journal = try folder.journal()
            try CheckpointFile.write(.test(100_000), in: journal.directory)
            try folder.removeItem("transactions/a.json")
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
            #expect(checkpoint(of: folder) == nil)
        }
    }

    @Test("moves past nothing that is not right: records are restored first", arguments: RecoveryTests.Harm.allCases)
    func restores(_ harm: RecoveryTests.Harm) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"), .test("a"), .test(body: [1]))
            let before = folder.recordFiles
            try harm.befall("transactions/a.json", in: folder)
            for name in folder.names(in: "rejected") { try folder.removeItem("rejected/\(name)") }
            try folder.ledger().moveCheckpoint()
            if folder.exists("elsewhere.json") { try folder.removeItem("elsewhere.json") }
            #expect(folder.recordFiles == before)
            #expect(checkpoint(of: folder) != nil)
        }
    }

    private func checkpoint(of folder: DataFolder) -> Position? { try? folder.journal().state().checkpoint }
}
