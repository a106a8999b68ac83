import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import khoins_callback

@Suite("stats")
struct StatsTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    @Test("counts by day, kind and status, with Rupiah and totals")
    func table() throws {
        try scratch.storeDay()
        let ending = try program.run("stats")
        let expected = """
            DAY         KIND         STATUS   COUNT  RUPIAH
            2026-11-21  transaction  Gagal        1
            2026-11-22  transaction  Success      1  10.155
                        transaction  Gagal        1
                        transaction  Pending      1
                        topup        Success      1  50.000
            all         transaction  Success      1  10.155
                        transaction  Gagal        2
                        transaction  Pending      1
                        topup        Success      1  50.000

            success rate  33,3 % (1 of 3 that ended)
            waiting       1, the longest \(Duration.any), the median \(Duration.any)
            rejected      1, no callback; the newest of 2026-11-22 15:07:00 WIB

            """
        #expect(Duration.hidden(in: ending.output) == expected)
        #expect(ending.status == 0 && ending.errors == "")
        try scratch.verify()
    }

    @Test("counts days by the clock on the wall, and all of them together")
    func days() throws {
        try scratch.store([
            Delivery(Body.success("KH-1"), at: "2026-11-21T16:59:59.000Z"),
            Delivery(Body.success("KH-2"), at: "2026-11-21T17:00:00.000Z"),
        ])
        let expected = """
            DAY         KIND         STATUS   COUNT  RUPIAH
            2026-11-21  transaction  Success      1  10.155
            2026-11-22  transaction  Success      1  10.155
            all         transaction  Success      2  20.310

            success rate  100,0 % (2 of 2 that ended)

            """
        #expect(try program.run("stats") == Ending(status: 0, output: expected, errors: ""))
        let since = try program.run("stats", "--since", "2026-11-22", "--json")
        let lines = """
            {"type":"day","day":"2026-11-22","kind":"transaction","status":"Success","count":1,"rupiah":10155}
            {"type":"total","kind":"transaction","status":"Success","count":1,"rupiah":10155}
            {"type":"success","count":1,"ended":1}
            {"type":"waiting","count":0}
            {"type":"answer","count":0}

            """
        #expect(since == Ending(status: 0, output: lines, errors: ""))
    }

    @Test("counts what was no callback, though there is nothing else")
    func rejected() throws {
        try scratch.store([
            Delivery(Array("kein JSON".utf8), at: "2026-11-21T08:00:00.000Z"),
            Delivery([], at: "2026-11-22T08:07:00.000Z"),
        ])
        let words = "rejected  2, no callback; the newest of 2026-11-22 15:07:00 WIB\n"
        #expect(try program.run("stats") == Ending(status: 0, output: words, errors: ""))
        let line = #"{"type":"rejected","count":1,"newest":"2026-11-22T08:07:00.000Z"}"#
        #expect(try program.run("stats", "--since", "2026-11-22", "--json").output.hasSuffix("\(line)\n"))
    }

    @Test("tells how long answers take and how long the others wait")
    func waiting() throws {
        let now = Timestamp(CivilTime(year: 2026, month: 11, day: 22))
        func record(_ status: Status, notedBefore: Int64, setBefore: Int64) -> Record {
            let noted = Timestamp(microseconds: now.microseconds - notedBefore * 1_000_000)
            let set = Timestamp(microseconds: now.microseconds - setBefore * 1_000_000)
            let position = Position("1")
            var record = Record(
                callback: Callback(kind: .transaction, trxid: "1", status: status), receivedAt: set)
            if let position { record.expected = Record.Expected(at: noted, journal: position) }
            return record
        }
        var tally = Tally { _ in "day" }
        for seconds in [10, 20, 60] as [Int64] {
            tally.add(record(.success, notedBefore: 100, setBefore: 100 - seconds))
            tally.add(record(.pending, notedBefore: seconds, setBefore: seconds))
        }
        #expect(median(tally.answerTimes) == 20_000_000 && tally.answerTimes.max() == 60_000_000)
        #expect(tally.waitingSince.map { now.seconds - $0.seconds } == [10, 20, 60])
        #expect(tally.success == (3, 3))
    }

    @Test("leaves out what is damaged, and says so")
    func damaged() throws {
        scratch.leavesDamage()
        try scratch.storeDay()
        try scratch.write("{".utf8, to: "data/transactions/KH-9003.json")
        let ending = try program.run("stats")
        #expect(ending.status == 1)
        #expect(ending.output.contains("Success") && !ending.output.contains("Pending"))
        #expect(
            ending.errors == "khoins-callback: transactions/KH-9003.json is damaged, and is left out\n")
    }
}

/// Lengths of time in an output that depend on when the test runs.
enum Duration {
    static let any = "13 min"

    static func hidden(in text: String) -> String {
        text.replacing(/(longest|median) \d+ [a-z]+( \d+ [a-z]+)?/) { "\($0.output.1) \(any)" }
    }
}
