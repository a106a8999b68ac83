import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("The archive")
struct ArchiveTests {
    @Test("takes final old records, and nothing else")
    func takes() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            ledger.commit("old", "Pending", "Success")
            ledger.commit("pending", "Pending")
            _ = ledger.commit(.test("recent", at: .test(500)), .test(body: [1]))
            _ = ledger.commit([.expecting("expected")])
            let before = try #require(folder.record("transactions/old.json"))
            let summary = try folder.archive(olderThan: .test(100))
            #expect(summary.records == 1)
            #expect(summary.newArchiveFiles == 1)
            #expect(summary.inodesFreed == 0)
            #expect(try folder.archivedNames() == ["old"])
            #expect(["old", "pending", "recent", "expected"].map(folder.isLive) == [false, true, true, true])
            #expect(folder.names(in: "rejected").count == 1)
            #expect(try folder.found("old") == before)
            #expect(try folder.findings() == [])
            #expect(folder.mode("archive") == 0o750)
            #expect(folder.mode("archive/2026-11.jsonl") == 0o640)
        }
    }

    @Test("counts the newest arrival, even of a duplicate")
    func newestArrival() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"), .test("a", at: .test(500)))
            let summary = try folder.archive(olderThan: .test(100))
            #expect(summary.records == 0)
        }
    }

    @Test("keeps a record's own bytes, whatever is in them")
    func bytes() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            let odd = Delivery.test(body: callbackBody("odd", text: "a \" \\ \n \u{1} { \"x\": 1 }  ü"))
            _ = ledger.commit(odd, .test(body: Array(#"{"refid":"odd","message":"{}"}"#.utf8) + [0x20, 0xFF]))
            let before = try #require(folder.bytes("transactions/odd.json"))
            try folder.archive()
            #expect(!folder.isLive("odd"))
            #expect(try folder.found("odd")?.json == before)
            let line = try #require(folder.text("archive/2026-11.jsonl"))
            #expect(line.filter { $0 == "\n" }.count == 1)
            #expect(line.contains(#","file":"transactions/odd.json","trxid":"odd","status":"#))
        }
    }

    @Test("gives a late callback all that the record held", arguments: ["Gagal", "Success"])
    func late(status: String) throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            ledger.commit("a", "Pending", "Success")
            try folder.archive()
            #expect(ledger.commit(.test("a", status))[0].change == (status == "Gagal" ? .updated : .duplicate))
            let record = try #require(folder.record("transactions/a.json"))
            #expect(record.deliveries.map(\.count) == (status == "Gagal" ? [1, 1, 1] : [1, 2]))
            #expect(try folder.findings() == [])
            // Archived again, the newer line counts.
            try folder.archive()
            #expect(try folder.archivedNames() == ["a", "a"])
            #expect(try folder.found("a") == record)
            #expect(try folder.findings() == [])
        }
    }

    @Test("is left alone by a second run")
    func again() throws {
        try withDataFolder(isChecked: false) { folder in
            for trxid in ["a", "b", "c"] { folder.ledger().commit(trxid, "Success") }
            try folder.archive()
            let files = ["archive/2026-11.jsonl", "archive/.index"].map { folder.bytes($0) }
            #expect(try folder.archive().records == 0)
            #expect(["archive/2026-11.jsonl", "archive/.index"].map { folder.bytes($0) } == files)
        }
    }

    @Test("has one file for each month in which a status was set")
    func months() throws {
        try withDataFolder(isChecked: false) { folder in
            let day = 86_400
            _ = folder.ledger().commit(
                .test("nov"), .test("oct", at: .test(-30 * day)), .test("dec", at: .test(9 * day)))
            try folder.archive()
            #expect(
                folder.names(in: "archive").filter { !$0.hasPrefix(".") } == [
                    "2026-10.jsonl", "2026-11.jsonl", "2026-12.jsonl",
                ])
            #expect(try folder.archivedNames() == ["oct", "nov", "dec"])
        }
    }

    @Test("is one process's at a time")
    func inUse() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.archive()
            // A process that another test is just starting has the lock's descriptor too, until it runs its program.
            var writer: ArchiveWriter?
            for _ in 0..<1_000 where writer == nil {
                writer = try ArchiveWriter(try folder.archiveDirectory())
                if writer == nil { usleep(5_000) }
            }
            try #require(writer != nil)
            #expect(throws: LedgerError.inUse(path: "archive")) { try folder.archive() }
            _ = writer
        }
    }

    @Test("hands over what is archived and not live, the newest line of each")
    func reader() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            for trxid in ["a", "b", "c"] { ledger.commit(trxid, "Success") }
            try folder.archive()
            ledger.commit("a", "Gagal")
            try folder.archive()
            ledger.commit("b", "Gagal")
            let reader = try ArchiveReader(path: folder.path)
            var seen: [String] = []
            for month in try reader.months() {
                try reader.records(of: month) { name, record in
                    seen.append("\(name.file) \(record.status.rawValue)")
                    return true
                }
            }
            #expect(seen.sorted() == ["a.json Gagal", "c.json Success"])
        }
    }
}
