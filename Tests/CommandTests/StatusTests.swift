import Formats
import Journal
import Ledger
import TestSupport
import Testing

@Suite("status")
struct StatusTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    private func store(_ bodies: [String], secondsAgo: Int64 = 0) throws {
        let time = Timestamp(microseconds: Timestamp.now.microseconds - secondsAgo * 1_000_000)
        for body in bodies {
            let delivery = Delivery(body: Array(body.utf8), receivedAt: time, remoteAddress: "192.0.2.1")
            for outcome in Ledger(path: scratch.data.path).commit([Submission(delivery)]).outcomes {
                _ = try outcome.get()
            }
        }
    }

    @Test("is content before the first callback, and after a success")
    func isContent() throws {
        let before = try program.run("status")
        #expect(before.status == 0 && before.output.contains("none yet"))
        try store([Body.short("KH-1")])
        let after = try program.run("status")
        #expect(after.status == 0)
        for words in ["can be stored", "1 success, 0 failed, 0 pending", "Rejected       0"] {
            #expect(after.output.contains(words), "\(words)")
        }
    }

    @Test(
        "exits with 1 where somebody should look",
        arguments: [
            ([Body.short("KH-1", status: "Pending")], "1 for more than 10 minutes"),
            ([Body.t2, Body.reversal], "Reversed       1"),
            ([Body.short("KH-1", status: "Entahlah")], "Unclear        1"), (["no callback"], "Rejected       1"),
        ])
    func tells(_ bodies: [String], _ words: String) throws {
        // Shortly after midnight, what is eleven minutes old is yesterday's.
        let sinceMidnight = Timestamp.now.seconds - Zone.wib.midnight(of: .now).seconds
        try store(bodies, secondsAgo: words.contains("minutes") ? 660 : min(sinceMidnight, 1))
        let ending = try program.run("status")
        #expect(ending.status == 1)
        #expect(ending.output.contains(words), "\(ending.output)")
    }

    @Test("exits with 2 where no callback can be stored")
    func tellsFailure() throws {
        try store([Body.t1])
        scratch.leavesDamage()
        let data = scratch.data.path
        let moved = try ChildProcess.run(
            Command(["/bin/sh", "-c", "mv \(data)/journal \(data)/j && touch \(data)/journal"]))
        #expect(moved.status == 0)
        let ending = try program.run("status", "--json")
        #expect(ending.status == 2, "\(ending.output)\(ending.errors)")
    }

    @Test("tells how far a follower is behind, in each form, and exits with 1 after 5 minutes", arguments: [60, 360])
    func followers(secondsAgo: Int64) throws {
        try store([Body.short("KH-1")], secondsAgo: secondsAgo)
        #expect(try program.run("status").output.contains("Followers      none\n"))
        let follow = ["follow", "--exec", "true", "--cursor", "to\"ko", "--once"]
        #expect(try program.start(follow).ending().status == 0)
        try store([Body.short("KH-2")], secondsAgo: secondsAgo)
        let isLate = secondsAgo > 300
        let ending = try program.run("status")
        #expect(ending.status == (isLate ? 1 : 0), "\(ending.output)")
        #expect(ending.output.contains("Followers      to\"ko is behind by 1 entry, since "), "\(ending.output)")
        #expect(ending.output.contains(": follow --status\n") == isLate)
        let json = try JSONParser.parse(Array(try program.run("status", "--json").output.utf8))
        let follower = json["followers"]?.array?.first
        #expect(follower?["cursor"]?.string == "to\"ko" && follower?["behind"]?.integer == 1)
        #expect(follower?["stuck"]?.integer == 0 && (follower?["late"]?.bool ?? false) == isLate)
        let text = try program.run("status", "--prometheus").output
        #expect(text.contains("khoins_follower_behind_entries{cursor=\"to\\\"ko\"} 1\n"))
        #expect(text.contains("khoins_follower_stuck_entries{cursor=\"to\\\"ko\"} 0\n"))
        #expect(try program.start(follow).ending().status == 0)
        let after = try program.run("status")
        #expect(after.status == 0 && after.output.contains("Followers      to\"ko has told all\n"))
    }

    @Test("tells the same as JSON and for Prometheus")
    func forms() throws {
        try store([Body.t2, Body.short("KH-1", status: "Gagal")])
        let json = try JSONParser.parse(Array(try program.run("status", "--json").output.utf8))
        #expect(json["ok"]?.bool == true)
        #expect(json["today"]?["success"]?.integer == 1 && json["today"]?["failed"]?.integer == 1)
        #expect(json["today"]?["spent"]?.integer == 50_155)
        #expect(json["balance"]?.integer == -9_858_221)
        let text = try program.run("status", "--prometheus").output
        for line in [
            "khoins_up 1", "khoins_transactions_today{status=\"success\"} 1", "khoins_balance_rupiah -9858221",
            "khoins_rejected_today 0", "# TYPE khoins_up gauge",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
    }
}
