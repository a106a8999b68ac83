import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("follow")
struct FollowLinesTests {
    @Test("prints a line for each delivery that went into a record")
    func plain() throws {
        let installation = try FollowedDirectory()
        _ = Ledger(path: installation.data).commit([
            Submission(
                Expectation(
                    trxid: "KH-1", product: "TH10", destination: "0812000111", notedAt: FollowedDirectory.time(0)))
        ])
        installation.store("KH-1", at: 1)
        installation.store("KH-1", at: 2)
        installation.store("evil\\u001b[2J", "Gagal", at: 3)
        let program = try installation.start("follow", "--once")
        #expect(try program.ending().status == 0)
        #expect(
            program.output == """
                2026-11-22 15:18:33  KH-1                      Success     TH10        0812000111                 -  created    -
                2026-11-22 15:18:34  KH-1                      Success     TH10        0812000111                 -  updated    -
                2026-11-22 15:18:35  KH-1                      Success     TH10        0812000111                 -  duplicate  -
                2026-11-22 15:18:36  evil\\u{1b}[2J             Gagal       -           -                          -  created    -

                """)
        #expect(program.errors == "")
        // What a shop is asked for: price and SN; of a top-up its amount.
        installation.store(Delivery(Body.success("KH-2", sn: "1234/CAFÉ/R1"), at: "2026-11-22T09:00:00Z"))
        installation.store(Delivery(Body.topup("goodlink", id: "9", amount: "50000"), at: "2026-11-22T09:01:00Z"))
        let more = try installation.start("follow", "--once")
        #expect(try more.ending().status == 0)
        #expect(more.lines.contains { $0.hasSuffix("  10.155  created    1234/CAFÉ/R1") }, "\(more.output)")
        #expect(
            more.lines.contains { $0.contains(" goodlink+9 ") && $0.contains(" 50.000  created ") }, "\(more.output)")
    }

    @Test("prints objects that hold the whole record")
    func json() throws {
        let installation = try FollowedDirectory()
        installation.store("KH-1", "Pending")
        installation.store("KH-1", at: 1)
        let program = try installation.start("follow", "--json", "--from", "start", "--once")
        #expect(try program.ending().status == 0)
        #expect(program.lines.count == 2)
        let positions = try installation.positions()
        let file = try #require(Record(json: Array(installation.text("data/transactions/KH-1.json").utf8)))
        for (index, line) in program.lines.enumerated() {
            let value = try JSONParser.parse(Array(line.utf8))
            guard case .object(let members) = value else { return #expect(Bool(false)) }
            #expect(members.map(\.key) == ["position", "trxid", "status", "result", "record"])
            #expect(value["position"] == .number(positions[index]))
            #expect(value["trxid"]?.string == "KH-1")
            #expect(value["status"]?.string == "Success")
            #expect(value["result"]?.string == ["created", "updated"][index])
            var writer = JSONWriter()
            writer.value(try #require(value["record"]))
            #expect(Record(json: writer.bytes) == file)
        }
    }

    @Test("shows what comes while it runs, over journal files, and ends by SIGTERM")
    func live() throws {
        let installation = try FollowedDirectory()
        installation.store("n0")
        let program = try installation.start("follow", "--json", "--from", "start")
        try wait(for: "first line") { program.lines.count == 1 }
        for number in 1..<60 {
            if number % 20 == 0 { try installation.beginJournalFile() }
            installation.store("n\(number)")
            if number % 7 == 0 { try wait(for: "line \(number)") { program.lines.count == number + 1 } }
        }
        try wait(for: "all lines") { program.lines.count == 60 }
        #expect(
            try program.lines.map { try JSONParser.parse(Array($0.utf8))["trxid"]?.string } == (0..<60).map { "n\($0)" }
        )
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
    }

    @Test("goes on where nohup keeps the end of a terminal away")
    func nohup() throws {
        let installation = try FollowedDirectory()
        installation.store("n0")
        let program = try installation.shell(#"exec nohup "$exe" follow --json --from start"#)
        try wait(for: "first line") { program.lines.count == 1 }
        program.signal(SIGHUP)
        installation.store("n1")
        try wait(for: "second line") { program.lines.count == 2 }
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
    }

    @Test(
        "shows only what is wanted, as it is now, and the rest counts as seen",
        arguments: [
            (["--only", "gagal"], ["a-failed"]),
            (["--only", "reversed"], ["a-reversed", "a-reversed", "a-reversed"]),
            (["--only", "Pending", "--only", "Gagal"], ["a-waiting", "a-failed"]),
            (["--kind", "topup"], ["goodlink+9"]),
            (["--product", "th10", "--only", "Success"], ["KH-2"]), (["--destination", "0812-000-111"], ["KH-2"]),
            (["--search", "CAFÉ"], ["KH-2"]), (["--only", "expired"], []),
        ] as [([String], [String])])
    func filtered(_ words: [String], _ ids: [String]) throws {
        let installation = try FollowedDirectory()
        installation.store("a-waiting", "Pending", at: 1)
        installation.store("a-reversed", "Success", at: 2)
        installation.store("a-failed", "Gagal", at: 3)
        installation.store("a-reversed", "Gagal", at: 4)
        installation.store("a-reversed", "Refund", at: 5)
        installation.store(Delivery(Body.success("KH-2", sn: "1234/CAFÉ/R1"), at: "2026-11-22T09:00:00Z"))
        installation.store(Delivery(Body.topup("goodlink", id: "9", amount: "50000"), at: "2026-11-22T09:01:00Z"))
        let program = try installation.start(["follow", "--once", "--cursor", "c"] + words)
        #expect(try program.ending().status == 0, "\(program.errors)")
        let shown = program.lines.map { $0.split(separator: " ")[2] }
        #expect(shown.map(String.init) == ids, "\(program.output)")
        // Without the filter, nothing of it comes again.
        let again = try installation.start("follow", "--once", "--cursor", "c")
        #expect(try again.ending().status == 0 && again.output == "", "\(again.output)")
    }

    @Test("begins with what came since a time")
    func since() throws {
        let installation = try FollowedDirectory()
        for (number, minute) in [0, 10, 20, 30].enumerated() {
            installation.store("KH-\(number)", at: minute * 60)
            if number == 1 { try installation.beginJournalFile() }
        }
        for (time, ids) in [
            ("2026-11-22 15:28", ["KH-1", "KH-2", "KH-3"]), ("2026-11-22T08:38:30Z", ["KH-2", "KH-3"]),
            ("2030-01-01", []),
            ("2000-01-01", ["KH-0", "KH-1", "KH-2", "KH-3"]),
        ] {
            let program = try installation.start("follow", "--once", "--since", time)
            #expect(try program.ending().status == 0, "\(program.errors)")
            #expect(program.lines.map { $0.split(separator: " ")[2] } == ids.map { $0[...] }, "\(time)")
        }
    }

    @Test(
        "refuses what cannot be meant",
        arguments: [
            ["--only", "gagal", "--tell"], ["--since", "2h", "--exec", "true"], ["--kind", "rejected"],
            ["--since", "2h", "--from", "start"], ["--product", "x", "--status"], ["--search", "x"], ["--only", "x"],
        ])
    func refused(_ words: [String]) throws {
        let installation = try FollowedDirectory()
        let program = try installation.start(["follow"] + words)
        #expect(try program.ending().status == 64, "\(program.errors)")
    }

    @Test("begins now unless told otherwise")
    func now() throws {
        let installation = try FollowedDirectory()
        installation.store("old")
        let program = try installation.start("follow", "--json")
        // Until it waits, nothing tells that it has begun; so something new is stored until it is seen.
        var number = 0
        try wait(for: "line") {
            number += 1
            installation.store("new-\(number)")
            return !program.lines.isEmpty
        }
        #expect(!program.output.contains("\"old\""))
    }

    @Test("goes on where a cursor stopped")
    func cursor() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        installation.store("b")
        var program = try installation.start("follow", "--json", "--cursor", "shop", "--once")
        #expect(try program.ending().status == 0)
        #expect(program.lines.count == 2)
        try installation.beginJournalFile()
        installation.store("c")
        program = try installation.start("follow", "--json", "--cursor", "shop", "--once", "--from", "start")
        #expect(try program.ending().status == 0)
        #expect(program.lines.count == 1 && program.output.contains("\"c\""))
        program = try installation.start("follow", "--json", "--cursor", "shop", "--once")
        #expect(try program.ending().status == 0)
        #expect(program.lines.isEmpty)
        // A new one can begin now: from here on, nothing is left out.
        #expect(try installation.start("follow", "--cursor", "new", "--from", "now", "--once").ending().status == 0)
        installation.store("d")
        program = try installation.start("follow", "--json", "--cursor", "new", "--once")
        #expect(try program.ending().status == 0)
        #expect(program.lines.count == 1 && program.output.contains("\"d\""))
    }

    @Test("says so where journal files are gone that its cursor needs")
    func gap() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        #expect(try installation.start("follow", "--cursor", "shop", "--once").ending().status == 0)
        installation.store("b")
        try installation.beginJournalFile()
        installation.store("c")
        installation.scratch.leavesDamage()
        #expect(unlink("\(installation.data)/journal/000000000001-20261122.jsonl") == 0)
        let program = try installation.start("follow", "--json", "--cursor", "shop", "--once")
        #expect(try program.ending().status == 0)
        #expect(program.output.contains("\"c\""))
        #expect(program.errors.contains("is not there any more; going on with what follows it"))
    }

    @Test("ends without an error when nobody reads any more, even if nothing happens then")
    func closedPipe() throws {
        let installation = try FollowedDirectory()
        for number in 0..<3 { installation.store("n\(number)") }
        let program = try installation.shell(
            #"set -o pipefail; "$exe" follow --from start --json | head -n 1; echo "${PIPESTATUS[*]}""#)
        #expect(try program.ending().status == 0)
        #expect(program.lines.count == 2)
        #expect(program.lines.last == "0 0")
        #expect(program.errors == "")
    }

    @Test(
        "says what is wrong with how it was called",
        arguments: [
            (["--json", "--exec", "true"], 64), (["--parallel", "0"], 64), (["--from", "then"], 64),
            (["--cursor", ""], 64), (["--data", "/nowhere/data"], 2),
        ] as [([String], Int32)])
    func usage(arguments: [String], status: Int32) throws {
        let installation = try FollowedDirectory()
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        let program = try installation.shell(#""$exe" follow \#(words)"#)
        #expect(try program.ending().status == status)
        #expect(program.output == "" && program.errors != "")
    }
}
