import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import Operations

@Suite("follow --tell")
struct FollowTellTests {
    private func tell(_ installation: FollowedDirectory, _ endpoint: Endpoint, _ flags: String...) throws
        -> ChildProcess
    {
        try installation.start(["follow", "--tell"] + flags, environment: ["KHOINS_FORWARD": endpoint.url])
    }

    @Test(
        "refuses what can never work, with a sentence",
        arguments: [
            (["KHOINS_FORWARD": "toko.example/x"], "KHOINS_FORWARD must be a URL that begins with http:// or https://"),
            (["KHOINS_FORWARD": "https:///x"], "KHOINS_FORWARD names no host"),
            (["KHOINS_EXEC": "true", "KHOINS_FORWARD": "http://x/"], "KHOINS_FORWARD and KHOINS_EXEC are both set: "),
            (["KHOINS_EXEC": "/dev/null/x y"], "/dev/null/x cannot be run: Not a directory"),
            (["KHOINS_EXEC": "/etc/passwd"], "/etc/passwd cannot be run: it is not executable; chmod 755 it"),
            (["KHOINS_EXEC": "/etc/ x"], "/etc/ cannot be run: it is a directory"),
            ([:], "nothing says how the shop is told: "),
            (
                ["KHOINS_FORWARD": "http://x/", "PATH": "/nowhere"],
                "forwarding needs the program curl, which is not installed"
            ),
        ] as [([String: String], String)])
    func refused(environment: [String: String], sentence: String) throws {
        let installation = try FollowedDirectory()
        let program = try installation.start(["follow", "--tell"], environment: environment)
        #expect(try program.ending().status == 2)
        #expect(program.errors.hasPrefix("khoins-callback: \(sentence)"), "\(program.errors)")
        #expect(program.errors.split(separator: "\n").count == 1)
    }

    @Test("begins with the newest entry, or where it is told to, and goes on from there")
    func beginning() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        for name in ["a", "b", "c"] { installation.store(name) }
        #expect(try tell(installation, endpoint, "--once").ending().status == 0)
        #expect(endpoint.trxids == ["c"])
        installation.store("d")
        #expect(try tell(installation, endpoint, "--once").ending().status == 0)
        #expect(endpoint.trxids == ["c", "d"])
        #expect(try tell(installation, endpoint, "--once", "--cursor", "x", "--from-entry", "2").ending().status == 0)
        #expect(endpoint.trxids.dropFirst(2).sorted() == ["b", "c", "d"])
    }

    @Test("runs the command that the settings name, under the same cursor")
    func command() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        let program = try installation.start(
            ["follow", "--tell", "--once"], environment: ["KHOINS_EXEC": #"echo "$KHOINS_TRXID$KHOINS_EXEC" >> done"#])
        #expect(try program.ending().status == 0)
        #expect(installation.lines("done") == ["a"])
        #expect(installation.exists("data/.cursors/shop.json"))
    }

    @Test("leaves nothing out that comes between two runs before the first callback")
    func early() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        #expect(try tell(installation, endpoint, "--until-idle", "20ms").ending().status == 0)
        installation.store("a")
        installation.store("b")
        #expect(try tell(installation, endpoint, "--once").ending().status == 0)
        #expect(endpoint.trxids.sorted() == ["a", "b"])
    }

    @Test("waits for the first callback in a directory that is not there yet")
    func waits() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        let program = try tell(installation, endpoint)
        try wait(for: "directory") { installation.exists("data/.cursors/shop.json") }
        installation.store("a")
        try wait(for: "request") { endpoint.trxids == ["a"] }
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
    }

    @Test("is one for each cursor: a second one says who the first is, or is not needed")
    func alone() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        installation.store("a")
        let first = try tell(installation, endpoint)
        try wait(for: "request") { endpoint.trxids == ["a"] }
        let second = try tell(installation, endpoint)
        #expect(try second.ending().status == 2)
        #expect(
            second.errors.hasPrefix("khoins-callback: .cursors/shop.json: another process is at work with it"))
        #expect(second.errors.hasSuffix(", process \(first.id)\n") || access("/proc/locks", R_OK) != 0)
        let third = try tell(installation, endpoint, "--until-idle", "10s")
        #expect(try third.ending(seconds: 9).status == 0)
        #expect(third.errors == "")
    }

    /// As handlers do it: each starts a follower when its entry is stored, and does not look after it.
    @Test("misses no wake-up: what comes while the last follower ends is told")
    func wakeups() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        var followers: [ChildProcess] = []
        for round in 0..<60 {
            installation.store("n\(round)")
            followers.append(try tell(installation, endpoint, "--from", "start", "--until-idle", "20ms"))
            usleep(UInt32.random(in: 0...80_000))
        }
        for follower in followers { #expect(try follower.ending().status == 0, "\(follower.errors)") }
        #expect(Set(endpoint.trxids) == Set((0..<60).map { "n\($0)" }))
    }

    @Test("ends when there is nothing to tell now, though something waits for another try")
    func idle() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { _, earlier in earlier < 2 ? .status(500) : .status(200) }
        installation.store("a")
        installation.store("a", "Gagal")
        #expect(try tell(installation, endpoint, "--from", "start", "--until-idle", "50ms").ending().status == 0)
        #expect(endpoint.received.map(\.position) == [1])
        let status = try installation.start("follow", "--status", "--json")
        #expect(try status.ending().status == 0)
        let report = try JSONParser.parse(Array(status.output.utf8))
        #expect(report["cursor"]?.string == "shop" && report["stuck"]?.integer == 2 && report["behind"]?.integer == 0)
        #expect(report["waiting"]?.array?.map { $0["position"]?.integer } == [1, 2])
        #expect(report["waiting"]?.array?.first?["answer"]?.string == "answered 500")
        let table = try installation.start("follow", "--status").ending().output
        #expect(report["position"]?.integer == 1 && report["readUpTo"]?.integer == 3)
        #expect(table.contains("position  1: all before it is done; read up to 3\n"), "\(table)")
        // What waits goes on with the next one.
        #expect(try tell(installation, endpoint, "--until-idle", "4s").ending().status == 0)
        #expect(endpoint.received.map(\.position) == [1, 1, 1, 2])
    }

    @Test("shows what the shop was told, and what it answered")
    func shown() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { _, earlier in earlier < 1 ? .status(500) : .status(202) }
        installation.store("a")
        _ = try tell(installation, endpoint, "--once").ending()
        var show = try installation.start("show", "a")
        #expect(try show.ending().status == 0)
        #expect(show.output.contains("not yet") && show.output.contains("answered 500"))
        _ = try tell(installation, endpoint, "--once").ending()
        show = try installation.start("show", "a")
        #expect(try show.ending().status == 0)
        let line = try #require(show.lines.last).split(separator: " ").suffix(4)
        #expect(Array(line) == ["1", "shop", "2", "202"])
    }

    @Test("leaves out what an operator skips, whether somebody follows or not", arguments: [false, true])
    func skip(isFollowed: Bool) throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { request, _ in .status(request.trxid == "bad" ? 500 : 200) }
        installation.store("bad")
        installation.store("bad", "Gagal")
        _ = try tell(installation, endpoint, "--from", "start", "--once").ending()
        let follower = isFollowed ? try tell(installation, endpoint) : nil
        if let follower { try wait(for: "follower") { endpoint.received.count > 1 || !follower.isRunning } }
        #expect(try installation.start("follow", "--skip", "other").ending().status == 1)
        let skip = try installation.start("follow", "--skip", "bad")
        #expect(try skip.ending().status == 0, "\(skip.errors)")
        try wait(for: "nothing that waits") {
            try CursorReader(path: installation.data).reports().first?.waiting.isEmpty ?? false
        }
        follower?.signal(SIGTERM)
        if let follower { #expect(try follower.ending().status == 0) }
        installation.store("bad", "Refund")
        installation.store("good")
        let count = endpoint.received.count
        _ = try tell(installation, endpoint, "--once").ending()
        #expect(endpoint.received.dropFirst(count).map(\.position).sorted() == [3, 4])
    }

    @Test("is asked on a terminal before it leaves something out or goes back", .needs("script"))
    func asks() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        let program = Program(installation.scratch)
        #expect(try program.start(["follow", "--exec", "false", "--cursor", "shop", "--once"]).ending().status == 1)
        for flags in ["--skip a", "--rewind 2026-11-22"] {
            // Nobody answers.
            let asked = try program.runOnTerminal("khoins-callback follow \(flags)")
            #expect(asked.status == 1 && asked.output.contains("Go on? [y/N] "), "\(asked)")
        }
        #expect(try CursorReader(path: installation.data).reports().first?.waiting.map(\.tries) == [1])
        let told = try program.runOnTerminal("khoins-callback follow --skip a --yes")
        #expect(told.status == 0 && !told.output.contains("Go on?"), "\(told)")
        #expect(try CursorReader(path: installation.data).reports().first?.waiting.isEmpty == true)
    }

    @Test("tells once more what came since a time", arguments: [false, true])
    func rewind(isFollowed: Bool) throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        for number in 0..<5 { installation.store("n\(number)", at: number) }
        _ = try tell(installation, endpoint, "--from", "start", "--once").ending()
        #expect(endpoint.trxids.count == 5)
        let follower = isFollowed ? try tell(installation, endpoint) : nil
        try wait(for: "follower") {
            try !isFollowed || CursorReader(path: installation.data).reports().first?.isInUse ?? false
        }
        let rewind = try installation.start("follow", "--rewind", "2026-11-22 15:18:36")
        #expect(try rewind.ending().status == 0, "\(rewind.errors)")
        if !isFollowed { _ = try tell(installation, endpoint, "--once").ending() }
        try wait(for: "the rest") { endpoint.trxids.count == 7 }
        #expect(endpoint.trxids.suffix(2).sorted() == ["n3", "n4"])
        follower?.signal(SIGTERM)
        if let follower { #expect(try follower.ending().status == 0) }
    }
}

@Suite("A follower whose journal changes under it")
struct FollowRestoredTests {
    private func tell(_ installation: FollowedDirectory, _ endpoint: Endpoint, _ flags: String...) throws
        -> ChildProcess
    {
        try installation.start(
            ["follow", "--tell", "--from", "start"] + flags, environment: ["KHOINS_FORWARD": endpoint.url])
    }

    private func shell(_ installation: FollowedDirectory, _ script: String) throws {
        let ending = try installation.shell("set -e; \(script)").ending()
        #expect(ending.status == 0, "\(ending.errors)")
    }

    @Test(
        "whose cursor cannot be read says how to mend it, and that tells everything since",
        arguments: [
            "echo x >shop.json", "rm shop.json; mkdir shop.json", "mkdir shop.waiting.jsonl", ": >shop.json",
        ])
    func unreadableCursor(damage: String) throws {
        let installation = try FollowedDirectory()
        for trxid in ["a", "b", "c"] { installation.store(trxid) }
        let words = ["follow", "--exec", "echo $KHOINS_POSITION >>done", "--from", "start", "--once"]
        #expect(try installation.start(words).ending().status == 0)
        let damaged = try installation.shell("cd $KHOINS_DATA/.cursors && \(damage)").ending()
        #expect(damaged.status == 0)
        let refused = try installation.start(words).ending()
        #expect(refused.status == 2 && refused.errors.contains(": `follow --rewind TIME` makes it anew"), "\(refused)")
        let check = try installation.start("status").ending()
        #expect(check.status == 1 && check.output.contains("`follow --rewind TIME`"), "\(check)")
        let rewind = try installation.start("follow", "--rewind", "2026-11-22").ending()
        #expect(rewind.status == 0 && rewind.errors.contains("khoins-callback: done\n"), "\(rewind)")
        #expect(try installation.start(words).ending().status == 0)
        #expect(installation.lines("done").sorted() == ["1", "1", "2", "2", "3", "3"])
    }

    @Test(
        "is shown without what cannot be read of it, which is named",
        arguments: ["shop.told.jsonl", "shop.waiting.jsonl"])
    func unreadableTelling(file: String) throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        #expect(try installation.start("follow", "--exec", "true", "--once").ending().status == 0)
        let made = try installation.shell("cd $KHOINS_DATA/.cursors && rm -f \(file) && mkdir \(file)").ending()
        #expect(made.status == 0)
        let shown = try installation.start("show", "a").ending()
        #expect(shown.status == 1 && shown.output.contains("transactions/a.json"), "\(shown)")
        #expect(shown.errors == "khoins-callback: .cursors/\(file) cannot be read, and is left out\n")
    }

    @Test("is named by each command where the directory of cursors cannot be read, and stops none that looks")
    func unreadableDirectory() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        try installation.write("", to: "data/.cursors")
        for (command, words) in [
            (["show", "a"], "khoins-callback: .cursors cannot be read, and is left out\n"),
            (["status"], "Followers      .cursors cannot be read: move it away"),
            (["check", "--open"], "the cursor “.cursors” cannot be read: move it away"),
            (["follow", "--status"], ".cursors: its file cannot be read: move it away"),
        ] {
            let ending = try installation.start(command).ending()
            #expect(ending.status == (command == ["follow", "--status"] ? 0 : 1), "\(command) \(ending)")
            #expect((ending.output + ending.errors).contains(words), "\(command) \(ending)")
        }
        unlink(installation.scratch.file("data/.cursors"))
    }

    @Test("goes on where the journal was removed, and says so")
    func removed() throws {
        let installation = try FollowedDirectory()
        installation.scratch.leavesDamage()
        let endpoint = try Endpoint()
        for name in ["a", "b", "c"] { installation.store(name) }
        #expect(try tell(installation, endpoint, "--once").ending().status == 0)
        try shell(installation, "rm data/journal/*.jsonl data/journal/.note data/journal/.checkpoint || true")
        for name in ["d", "e"] { installation.store(name) }
        let program = try tell(installation, endpoint, "--once")
        #expect(try program.ending().status == 0)
        #expect(Set(endpoint.trxids) == ["a", "b", "c", "d", "e"])
        #expect(program.errors.split(separator: "\n").count == 1, "\(program.errors)")
        #expect(program.errors.contains("entry 3"))
    }

    @Test("tells what came after a backup was restored, though its numbers were used before")
    func restored() throws {
        let installation = try FollowedDirectory()
        installation.scratch.leavesDamage()
        let endpoint = try Endpoint()
        for name in ["a", "b"] { installation.store(name) }
        try shell(installation, "cp -a data backup")
        for name in ["c", "d", "e"] { installation.store(name) }
        #expect(try tell(installation, endpoint, "--once").ending().status == 0)
        #expect(endpoint.trxids.sorted() == ["a", "b", "c", "d", "e"])
        try shell(installation, "mv data/.cursors backup; rm -r data; mv backup data")
        for name in ["f", "g"] { installation.store(name) }
        let program = try tell(installation, endpoint, "--once")
        #expect(try program.ending().status == 0)
        #expect(Set(endpoint.trxids).isSuperset(of: ["f", "g"]))
        #expect(program.errors.split(separator: "\n").count == 1, "\(program.errors)")
        for name in ["h", "i"] { installation.store(name) }
        let later = try tell(installation, endpoint, "--once")
        #expect(try later.ending().status == 0)
        #expect(later.errors == "")
        #expect(endpoint.trxids.suffix(2).sorted() == ["h", "i"])
    }

    @Test("tells what came after it was cut, by a follower that sleeps meanwhile or not", arguments: [false, true])
    func cut(isRunning: Bool) throws {
        let installation = try FollowedDirectory()
        installation.scratch.leavesDamage()
        let endpoint = try Endpoint()
        installation.store("a")
        try shell(installation, "cp -a data/journal journal")
        for name in ["b", "c", "d"] { installation.store(name) }
        let follower = isRunning ? try tell(installation, endpoint) : nil
        if !isRunning { #expect(try tell(installation, endpoint, "--once").ending().status == 0) }
        try wait(for: "all") {
            try Set(endpoint.trxids).count == 4
                && CursorReader(path: installation.data).reports().first?.entriesBehind == 0
        }
        try shell(installation, "cp journal/*.jsonl data/journal/; rm -f data/journal/.note")
        for number in 0..<9 { installation.store("n\(number)") }
        if let follower {
            try wait(for: "the rest") { Set(endpoint.trxids).count == 13 }
            follower.signal(SIGTERM)
            #expect(try follower.ending().status == 0)
            #expect(follower.errors.contains("some may come twice"), "\(follower.errors)")
        } else {
            let program = try tell(installation, endpoint, "--once")
            #expect(try program.ending().status == 0)
            #expect(Set(endpoint.trxids).count == 13)
            #expect(program.errors.contains("some may come twice"), "\(program.errors)")
        }
    }

    @Test("notices that its directory was moved away and another put in its place", arguments: [false, true])
    func swapped(isCopy: Bool) throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        for name in ["a", "b"] { installation.store(name) }
        let follower = try tell(installation, endpoint)
        try wait(for: "both") { endpoint.trxids.count == 2 }
        try shell(installation, isCopy ? "mv data old; cp -a old data" : "mv data old")
        for name in ["c", "d", "e"] { installation.store(name) }
        try wait(for: "the rest") { Set(endpoint.trxids).isSuperset(of: ["c", "d", "e"]) }
        follower.signal(SIGTERM)
        #expect(try follower.ending().status == 0)
        #expect(follower.errors.contains("is another directory than before"), "\(follower.errors)")
        let next = try tell(installation, endpoint, "--once")
        #expect(try next.ending().status == 0)
        #expect(Set(endpoint.trxids) == ["a", "b", "c", "d", "e"])
    }

    @Test("goes on where one record cannot be read, and names it", arguments: ["mkdir", "touch"])
    func unreadable(how: String) throws {
        let installation = try FollowedDirectory()
        installation.scratch.leavesDamage()
        let endpoint = try Endpoint()
        for name in ["a", "b", "c"] { installation.store(name) }
        try shell(installation, "rm data/transactions/b.json; \(how) data/transactions/b.json")
        let program = try tell(installation, endpoint, "--once")
        #expect(try program.ending().status == 1)
        #expect(endpoint.trxids.sorted() == ["a", "b", "c"])
        #expect(
            program.errors
                == "khoins-callback: transactions/b.json cannot be read: its changes are told from the journal alone\n")
    }
}
