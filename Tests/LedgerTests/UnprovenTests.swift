import FoundationEssentials
import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// After a restart of the machine an answer needs its own record alone; the others are compared after it.
@Suite("What recovery leaves for later")
struct UnprovenTests {
    private static let checkpoint = "journal/.checkpoint"

    private func restart(_ folder: DataFolder) throws { try RecoveryTests.Restart.reboot.happen(to: folder) }

    private func remove(_ names: [String], in folder: DataFolder) throws {
        for name in names { try folder.removeItem("transactions/\(name).json") }
    }

    @Test("is compared after the answer, and then the checkpoint moves, so that the next restart has nothing to do")
    func afterTheAnswer() throws {
        try withDataFolder { folder in
            let names = (0..<100).map { "r\($0)" }
            _ = folder.ledger().commit(names.map { Submission.test($0) })
            try remove(names, in: folder)
            try restart(folder)
            let ledger = folder.ledger()
            let commit = ledger.commit([.test("r7"), .test("new")])
            #expect(commit.outcomes.map(\.change) == [.duplicate, .created])
            #expect(commit.isCheckpointDue && ledger.isRecoveryDue)
            #expect(folder.names(in: "transactions") == ["new.json", "r7.json"])
            #expect(try ledger.moveCheckpoint(within: 60))
            #expect(folder.names(in: "transactions").count == 101)
            #expect(folder.text(Self.checkpoint)?.hasPrefix("103 ") == true)
            let later = folder.ledger()
            #expect(!later.commit([.test("r8")]).isCheckpointDue && !later.isRecoveryDue)
        }
    }

    @Test("goes on in the next process where the last one stopped, also from there after one more restart")
    func goesOn() throws {
        try withDataFolder { folder in
            let names = (0..<100).map { "r\($0)" }
            _ = folder.ledger().commit(names.map { Submission.test($0) })
            try remove(names, in: folder)
            try restart(folder)
            var found: [Int] = []
            for round in 0..<4 {
                if round == 2 { try restart(folder) }
                let ledger = folder.ledger()
                let opened = try ledger.ordered()
                _ = try ledger.catchUp(opened, within: 0)
                found.append(folder.names(in: "transactions").count)
            }
            #expect(found == found.sorted() && found[0] > 0 && found[0] < 100 && found[1] > found[0])
            try folder.ledger().prepare()
            #expect(folder.names(in: "transactions").count == 100)
        }
    }

    @Test("is left to the process that came last")
    func foreign() throws {
        try withDataFolder { folder in
            let names = (0..<100).map { "r\($0)" }
            _ = folder.ledger().commit(names.map { Submission.test($0) })
            try restart(folder)
            let ledgers = [folder.ledger(), folder.ledger()]
            let opened = try ledgers[0].ordered()
            #expect(try ledgers[0].catchUp(opened, within: 0) == .timeIsUp)
            #expect(try ledgers[1].moveCheckpoint(within: 60))
            #expect(try ledgers[0].catchUp(opened, within: 60, yields: true) == .done)
        }
    }

    @Test(
        "comes for its own record before the answer, whatever became of that", arguments: RecoveryTests.Harm.allCases,
        [false, true])
    func own(_ harm: RecoveryTests.Harm, isOlder: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"), .test("b"), .test("a", "Diproses"))
            if isOlder { try ledger.moveCheckpoint() }
            _ = ledger.commit(.test("c"), .test("a", "Gagal"), .test("a"))
            try harm.befall("transactions/a.json", in: folder)
            try restart(folder)
            #expect(folder.ledger().commit(.test("a", "Refund")).map(\.change) == [.updated])
            if folder.exists("elsewhere.json") { try folder.removeItem("elsewhere.json") }
            #expect(folder.record("transactions/a.json")?.deliveries.count == 5)
        }
    }

    @Test("is as before for many at once, and for those whose names tell nothing of the id")
    func many() throws {
        try withDataFolder { folder in
            let names = (0..<60).map { "r/\($0)" }
            _ = folder.ledger().commit(names.map { Submission.test($0) })
            for name in folder.names(in: "transactions") { try folder.removeItem("transactions/\(name)") }
            try restart(folder)
            #expect(folder.ledger().commit(.test("r/1")).map(\.change) == [.duplicate])
            #expect(folder.names(in: "transactions").count == 1)
            let second = folder.ledger().commit(names.map { Submission.test($0) })
            #expect(second.outcomes.allSatisfy { $0.change == .duplicate })
        }
    }

    /// Bodies that are about `7100000000001`, in which that stands in other bytes or not at all.
    private static let disguised: [[UInt8]] =
        [
            #"{"refid":"7100000000001","message":"{\"status\":\"Success\"}"}"#,
            #"{"refid":7100000000001,"message":"{\"status\":\"Success\"}"}"#,
            #"{"refid":7.100000000001E12,"message":"{\"status\":\"Success\"}"}"#,
            #"{"refid":7.100000000001e+12,"message":"{\"status\":\"Success\"}"}"#,
            #"{"refid":"71000\u0030000\u00300001","message":"{\"status\":\"Success\"}"}"#,
            #"{"message":"{\"trxid\":\"71\\u003000000000001\",\"status\":\"Success\"}"}"#,
            #"{"message":"{\"trxid\":\"7100000000001,\"status\":\"Success\"}"}"#,
            #"{"message":"R#7100000000001 Transaksi TH10 ke 0812 SUKSES. SN: 1."}"#,
        ].map { Array($0.utf8) } + [
            Array(#"{"refid":"7100000000001","message":"{\"status\":\"Success"#.utf8) + [0xFF, 0x22, 0x7D]
        ]

    @Test("is found by the bytes of an id, in whatever form that came")
    func disguises() throws {
        try withDataFolder(isChecked: false) { folder in
            let others = (0..<20).map { Submission.test("other-\($0)") }
            let bodies = Self.disguised.map { Submission(Delivery.test(body: $0)) }
            _ = folder.ledger().commit(others + bodies + others)
            var wanted: Set<Int> = []
            var found: Set<Int> = []
            var all = 0
            try folder.journal().read { chunk in
                for placed in chunk.entries {
                    let name = placed.entry.content.recordName()
                    if name?.file == "7100000000001.json" { wanted.insert(placed.position.number) }
                }
                all += chunk.entries.count
                found.formUnion(chunk.entries(mentioning: [Array("7100000000001".utf8)]).map(\.position.number))
                return true
            }
            #expect(wanted.count >= 7)
            #expect(found.isSuperset(of: wanted))
            #expect(all == 40 + Self.disguised.count && found.count < 12)
        }
    }

    @Test("is nothing where the kernel has forgotten the lock's hint alone, on the same mount")
    func sameMount() throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"))
            guard try Directory(openingPath: folder.path(of: "journal")).mountedFile(".lock") != nil else { return }
            try folder.forgetHint()
            try remove(["a"], in: folder)
            let ledger = folder.ledger()
            #expect(!ledger.commit([.test("c")]).isCheckpointDue)
            #expect(folder.names(in: "transactions") == ["b.json", "c.json"])
            // The hint is there again, for those whom the mount does not tell.
            let lock = try Directory(openingPath: folder.path(of: "journal")).open(".lock", .reading)
            #expect(MountMark.isOn(lock) == true)
        }
    }

    @Test("is everything in a copy of the directory, on whatever mount it is")
    func copied() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"))
            try FileManager.default.moveItem(atPath: folder.path, toPath: "\(folder.path)-old")
            try FileManager.default.copyItem(atPath: "\(folder.path)-old", toPath: folder.path)
            try remove(["a"], in: folder)
            let ledger = folder.ledger()
            #expect(ledger.commit([.test("b")]).isCheckpointDue)
            try ledger.prepare()
            #expect(folder.names(in: "transactions") == ["a.json", "b.json"])
        }
    }
}
