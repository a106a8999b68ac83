import Formats
import Glibc
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

    private func store(_ bodies: [String], secondsAgo: Int64 = 0, imported: Bool = false) throws {
        let time = Timestamp(microseconds: Timestamp.now.microseconds - secondsAgo * 1_000_000)
        for body in bodies {
            let delivery = Delivery(
                body: Array(body.utf8), receivedAt: time, remoteAddress: "192.0.2.1", imported: imported)
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

    private func json(_ ending: Ending) throws -> JSONValue { try JSONParser.parse(Array(ending.output.utf8)) }

    @Test(
        "exits with 2 where the data's owner may not write to a directory, whoever asks",
        arguments: ["transactions", "topups", "rejected", "journal"], [false, true])
    func denied(_ folder: String, _ isRoot: Bool) throws {
        if isRoot, !ServerUser.isRoot { return }
        let owner: UInt32 = ServerUser.isRoot ? 65_534 : 0
        try store([Body.short("KH-1")])
        scratch.leavesDamage()
        if ServerUser.isRoot { try scratch.giveAway(to: owner) }
        let user = isRoot ? 0 : owner
        #expect(try program.run("status", user: user).status == 0)
        chmod("\(scratch.data.path)/\(folder)", 0o555)
        let ending = try program.run("status", user: user)
        #expect(ending.status == 2 && ending.output.contains("cannot be stored: "), "\(ending)")
        let json = try json(try program.run("status", "--json", user: user))
        #expect(json["ok"]?.bool == false && json["failure"]?.string != nil)
        let text = try program.run("status", "--prometheus", user: user).output
        #expect(text.contains("\nkhoins_up 0\n"))
        chmod("\(scratch.data.path)/\(folder)", 0o750)
        if ServerUser.isRoot { #expect(try scratch.owners() == [owner]) }
    }

    @Test("claims nothing of what it could not try", .enabled(if: ServerUser.isRoot))
    func untried() throws {
        try store([Body.short("KH-1")])
        scratch.leavesDamage()
        try scratch.allowReading()
        let ending = try program.run("status", user: 65_534)
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("not tried whether they can be stored: run this as user 0"), "\(ending)")
        let json = try json(try program.run("status", "--json", user: 65_534))
        #expect(json["ok"] == nil && json["untried"]?.string != nil && json["lastCallback"] != nil)
        #expect(!(try program.run("status", "--prometheus", user: 65_534).output.contains("khoins_up ")))
    }

    @Test("says when the newest callback came, which neither an import nor a note makes older or newer")
    func lastCallback() throws {
        try store([Body.short("KH-1")], secondsAgo: 30)
        let came = try json(try program.run("status", "--json"))["lastCallback"]?.string
        try store([Body.short("KH-2")], secondsAgo: 7_200, imported: true)
        #expect(try program.run("expect", "KH-3").status == 0)
        let ending = try program.run("status", "--json")
        #expect(try came != nil && json(ending)["lastCallback"]?.string == came, "\(ending)")
        // Where nothing else has come, what was taken in says it.
        let other = try Scratch(.plain)
        let imported = Delivery(
            body: Array(Body.t1.utf8), receivedAt: .test(), remoteAddress: "192.0.2.1", imported: true)
        _ = try Ledger(path: other.data.path).commit([Submission(imported)]).outcomes[0].get()
        let alone = try Program(other).run("status", "--json")
        #expect(try json(alone)["lastCallback"]?.string == Timestamp.test().iso8601())
    }

    @Test("says when the newest imported callback came, in whatever order they are, but not a rejected one")
    func importedInAnyOrder() throws {
        let minutes: [(minute: Int64, body: String)] = [
            (1, Body.short("KH-1")), (4, Body.short("KH-2")), (9, "{}"), (3, Body.short("KH-3")),
            (2, Body.short("KH-4")),
        ]
        for (minute, body) in minutes {
            let time = Timestamp(microseconds: Timestamp.test().microseconds + minute * 60_000_000)
            let imported = Delivery(
                body: Array(body.utf8), receivedAt: time, remoteAddress: "192.0.2.1", imported: true)
            _ = try Ledger(path: scratch.data.path).commit([Submission(imported)]).outcomes[0].get()
        }
        let newest = Timestamp(microseconds: Timestamp.test().microseconds + 4 * 60_000_000)
        let ending = try program.run("status", "--json")
        #expect(try json(ending)["lastCallback"]?.string == newest.iso8601(), "\(ending)")
    }

    @Test("names what has been pending for weeks")
    func pendingForWeeks() throws {
        try store([Body.short("KH-1", status: "Pending")], secondsAgo: 20 * 86_400)
        try store([Body.short("KH-2")])
        let ending = try program.run("status")
        #expect(ending.status == 1 && ending.output.contains("Pending        1 for more than 10 minutes"), "\(ending)")
        #expect(try json(try program.run("status", "--json"))["pendingTooLong"]?.integer == 1)
    }

    @Test("says that archive is due only where that would do something")
    func archiveDue() throws {
        try store([Body.short("KH-1")], secondsAgo: 200 * 86_400, imported: true)
        let due = try program.run("status")
        #expect(due.status == 1 && due.output.contains("archive --older-than 90d is due"), "\(due)")
        #expect(try program.run("archive", "--older-than", "90d").status == 0)
        let done = try program.run("status")
        #expect(done.status == 0 && !done.output.contains("is due"), "\(done)")
        #expect(try json(try program.run("status", "--json"))["archiveDue"] == nil)
        // What waits cannot be archived.
        try store([Body.short("KH-2", status: "Unknown")], secondsAgo: 200 * 86_400, imported: true)
        #expect(!(try program.run("status").output.contains("is due")))
    }

    @Test("names a record that is missing or damaged, and a damaged stretch of the journal, and exits with 1")
    func passedOver() throws {
        try store([Body.short("KH-1"), Body.short("KH-2"), Body.short("KH-3"), Body.short("KH-4")])
        scratch.leavesDamage()
        unlink(scratch.file("data/transactions/KH-1.json"))
        try scratch.write("{".utf8, to: "data/transactions/KH-2.json")
        try scratch.damageLine(3)
        let ending = try program.run("status")
        #expect(ending.status == 1 && ending.output.contains("2 success"), "\(ending)")
        for words in ["Missing        transactions/KH-1.json", "Damaged        transactions/KH-2.json"] {
            #expect(ending.output.contains(words), "\(ending)")
        }
        #expect(ending.output.contains("are no whole line"), "\(ending)")
        let json = try json(try program.run("status", "--json"))
        #expect(json["missingFiles"]?.array?.count == 1 && json["damagedFiles"]?.array?.count == 2)
        #expect(try program.run("status", "--prometheus").output.contains("\nkhoins_passed_over 3\n"))
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
