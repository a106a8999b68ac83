import Glibc
import KHOINS
import System
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("A commit")
struct CommitTests {
    @Test("files the seed's own example")
    func first() throws {
        try withDataFolder { folder in
            let outcomes = folder.ledger().commit(.test(text: "R#abc-123... SUKSES. SN: 12345..."))
            #expect(outcomes == [.success(.filed(trxid: "abc-123", memberid: nil, change: .created))])
            #expect(folder.record("transactions/abc-123.json")?.status == .success)
            #expect(folder.journalFiles == ["journal/000000000001-20261122.jsonl"])
        }
    }

    @Test("says what it did to each record, also within a batch")
    func changes() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            let batch = ledger.commit(.test("a", "Pending"), .test("b"), .test("a"), .test("a", "Pending"), .test("b"))
            #expect(batch.map(\.change) == [.created, .created, .updated, .duplicate, .duplicate])
            #expect(ledger.commit(.test("a")).map(\.change) == [.duplicate])
            #expect(folder.record("transactions/a.json")?.status == .success)
            #expect(folder.record("transactions/a.json")?.deliveries.map(\.count) == [2, 2])
        }
    }

    @Test("files a top-up with an id and one without")
    func topups() throws {
        try withDataFolder { folder in
            let text = #"{\"memberid\":\"goodlink\",\"amount\":\"10123\",\"status\":\"Success\",\"message\":\"\"}"#
            let bodies = [
                #"{"memberid":"goodlink","amount":"10123","message":"\#(text)"}"#,
                #"{"memberid":"goodlink","amount":10123,"message":"\#(text)","trxid":9}"#,
            ]
            let outcomes = folder.ledger().commit(bodies.map { Submission(.test(body: Array($0.utf8))) }).outcomes
            #expect(
                outcomes == [
                    .success(.filed(trxid: nil, memberid: "goodlink", change: .created)),
                    .success(.filed(trxid: "9", memberid: "goodlink", change: .created)),
                ])
            let names = folder.names(in: "topups")
            #expect(names.contains("goodlink+9.json"))
            #expect(names.contains { $0.hasPrefix("goodlink+10123+") && $0.utf8.count == 28 })
        }
    }

    @Test(
        "keeps what is no callback, and says why",
        arguments: [
            (Delivery.test(body: Array("no callback".utf8)), "the body is not JSON"),
            (Delivery.test(body: []), "the body is empty"),
            (Delivery.test(body: [0xFF, 0x00]), "the body is not JSON"),
            (Delivery.test(body: Array("{}".utf8)), "neither an id"),
            (Delivery.test(body: callbackBody(), declaredLength: 1_000), "of 1000 bytes"),
            (Delivery.test(String(repeating: "x", count: 196)), "the id is too long"),
        ])
    func rejection(_ delivery: Delivery, _ words: String) throws {
        try withDataFolder { folder in
            let outcomes = folder.ledger().commit(delivery)
            guard case .success(.rejected(let rejection)) = outcomes.first else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(rejection.explanation.contains(words))
            #expect(folder.names(in: "transactions") == [])
            let name = try #require(folder.names(in: "rejected").first)
            #expect(name == "20261122T081833.123456Z-1.json")
            let kept = try JSONParser.parse(folder.bytes("rejected/\(name)") ?? [])
            #expect(kept.body == delivery.body)
            #expect(kept["journal"] == .number("1"))
            #expect(kept["error"]?.string == rejection.explanation)
            #expect(kept["remoteAddress"]?.string == "182.23.3.230")
        }
    }

    @Test("keeps two rejected deliveries of the same microsecond apart")
    func rejectedTwice() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test(body: [1]), .test(body: [1]))
            _ = ledger.commit(.test(body: [1]))
            #expect(folder.names(in: "rejected").count == 3)
        }
    }

    @Test("makes files for owner and group only, whatever the process's mask", arguments: [0o000, 0o077] as [mode_t])
    func modes(_ mask: mode_t) throws {
        try withDataFolder { folder in
            concurrently(1) { _ in
                ownMask(mask)
                let ledger = folder.ledger()
                _ = ledger.commit(.test(), .test(body: [1]))
                #expect(throws: Never.self) { try ledger.moveCheckpoint() }
            }
            for name in ["", "transactions", "topups", "rejected", "journal"] { #expect(folder.mode(name) == 0o750) }
            let files = ["transactions/abc-123.json", "journal/.note", "journal/.checkpoint"] + folder.journalFiles
            for name in files { #expect(folder.mode(name) == 0o640) }
            #expect(folder.mode("journal/.lock") == 0o600)
        }
    }

    @Test("follows the journal's order though the clock was set back")
    func clock() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Success", at: .test()))
            _ = ledger.commit(.test("a", "Gagal", at: .test(-86_400)))
            #expect(folder.record("transactions/a.json")?.status == .failed)
            #expect(folder.record("transactions/a.json")?.reversed == true)
            #expect(folder.record("transactions/a.json")?.receivedAt.seconds == Timestamp.test(-86_400).seconds)
        }
    }

    @Test("notes an expectation, and never over a callback")
    func expectation() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            let expected = [Submission.expecting("a"), .test("a")]
            #expect(ledger.commit(expected).outcomes.map(\.change) == [.created, .updated])
            let record = folder.record("transactions/a.json")
            #expect(record?.callback.product == "TH10")
            #expect(ledger.commit([.expecting("a", product: "XL5")]).outcomes.map(\.change) == [Change.none])
            #expect(folder.record("transactions/a.json") == record)
            let tooLong = Submission.expecting(String(repeating: "x", count: 196))
            #expect(ledger.commit([tooLong]).outcomes == [.success(.rejected(.nameTooLong))])
        }
    }

    @Test("of nothing does nothing")
    func empty() throws {
        try withDataFolder { folder in
            #expect(folder.ledger().commit([]).outcomes.isEmpty)
            #expect(folder.recordFiles.isEmpty)
        }
    }

    @Test("makes the data directory, but not the directories above it")
    func parent() throws {
        try withDataFolder { folder in
            let ledger = Ledger(path: "\(folder.path)/deep/data")
            #expect(ledger.commit(.test()).map(\.error) == [.unusable(path: "\(folder.path)/deep/data", errno: ENOENT)])
            #expect(!folder.exists(""))
        }
    }
}

/// Gives this thread a file mode mask of its own (unshare(2), CLONE_FS), so that other tests keep theirs.
private func ownMask(_ mask: mode_t) {
    typealias Unshare = @convention(c) (Int32) -> Int32
    guard let unshare = dlsym(nil, "unshare").map({ unsafeBitCast($0, to: Unshare.self) }), unshare(0x200) == 0 else {
        Issue.record("this thread cannot have a mask of its own")
        return
    }
    umask(mask)
}
