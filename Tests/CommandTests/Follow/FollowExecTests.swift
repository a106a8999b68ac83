import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("follow --exec")
struct FollowExecTests {
    @Test("gives the command the record, and nothing that is not its business")
    func command() throws {
        let installation = try FollowedDirectory()
        installation.store("KH 1/2")
        let program = try installation.start(
            "follow", "--once", "--exec",
            #"cat > in; env | grep -E 'KHOINS|LISTEN|GATEWAY' | sort > env; ls /proc/self/fd | xargs > fds"#)
        #expect(try program.ending().status == 0)
        #expect(program.output == "" && program.errors == "")
        #expect(installation.text("in") == installation.text("data/transactions/KH%201%2F2.json"))
        #expect(
            installation.lines("env") == [
                "KHOINS_DATA=\(installation.data)", "KHOINS_FILE=\(installation.data)/transactions/KH%201%2F2.json",
                "KHOINS_POSITION=1", "KHOINS_RESULT=created", "KHOINS_STATUS=Success",
                "KHOINS_TRXID=KH 1/2",
            ])
        // The fourth is the directory that ls itself reads.
        #expect(installation.lines("fds") == ["0 1 2 3"])
    }

    @Test("repeats a command until it succeeds, while others go on")
    func repeats() throws {
        let installation = try FollowedDirectory()
        let program = try installation.start(
            "follow", "--from", "start", "--exec",
            #"echo "$KHOINS_TRXID" >> tried; test "$KHOINS_TRXID" != bad || test -e mended || exit 3; echo "$KHOINS_TRXID $KHOINS_POSITION" >> done"#
        )
        installation.store("bad", "Pending")
        installation.store("bad")
        for number in 0..<10 { installation.store("n\(number)") }
        try wait(for: "the others") { installation.lines("done").count == 10 }
        try wait(for: "a second failure") { program.errors.contains("exited with 3; again in 2 s\n") }
        #expect(program.errors.hasPrefix("khoins-callback: the command for bad exited with 3; again in 1 s\n"))
        #expect(!installation.text("done").contains("bad"))
        let first = Array(try installation.positions().prefix(2))
        try wait(for: "the cursor") {
            Cursor(bytes: Array(installation.text("data/.cursors/shop.json").utf8))?.unfinished.map(\.description)
                == first
        }
        try installation.write("", to: "mended")
        try wait(for: "the mended one") { installation.lines("done").count == 12 }
        let bad = installation.lines("done").filter { $0.hasPrefix("bad") }
        #expect(bad == (try installation.positions().prefix(2).map { "bad \($0)" }))
        try wait(for: "the cursor") { installation.text("data/.cursors/shop.json").contains(#""unfinished":[]"#) }
    }

    @Test("keeps what has failed for the next run, and repeats nothing else")
    func once() throws {
        let installation = try FollowedDirectory()
        for trxid in ["a", "bad", "b"] { installation.store(trxid) }
        installation.store("bad", "Gagal")
        let command = #"test "$KHOINS_TRXID" != bad || test -e mended || exit 1; echo "$KHOINS_TRXID" >> done"#
        let first = try installation.start("follow", "--from", "start", "--once", "--exec", command)
        #expect(try first.ending().status == 1)
        #expect(first.errors == "khoins-callback: the command for bad exited with 1; left for the next run\n")
        #expect(installation.lines("done").sorted() == ["a", "b"])
        try installation.write("", to: "mended")
        installation.store("c")
        installation.store("c")
        #expect(try installation.start("follow", "--from", "start", "--once", "--exec", command).ending().status == 0)
        #expect(installation.lines("done").sorted() == ["a", "b", "bad", "bad", "c"])
    }

    @Test("keeps the order of one trxid, and works on several at once")
    func order() throws {
        let installation = try FollowedDirectory()
        let statuses = ["Pending", "Success", "Gagal", "Refund"]
        for status in statuses { for number in 0..<8 { installation.store("n\(number)", status) } }
        let program = try installation.start(
            "follow", "--from", "start", "--once", "--parallel", "6", "--exec",
            #"mkdir "busy-$KHOINS_TRXID" || echo overlap >> wrong; echo x >> running-$$; ls -d busy-* | wc -l >> counts; sleep 0.0$(($$ % 5)); echo "$KHOINS_TRXID $KHOINS_POSITION" >> done; rmdir "busy-$KHOINS_TRXID""#
        )
        #expect(try program.ending().status == 0)
        #expect(installation.text("wrong") == "")
        let done = installation.lines("done").map { $0.split(separator: " ") }
        #expect(done.count == 32)
        for number in 0..<8 {
            let positions = done.filter { $0[0] == "n\(number)" }.compactMap { Position($0[1]) }
            #expect(positions == positions.sorted() && positions.count == statuses.count)
        }
        let most = installation.lines("counts").compactMap { Int($0.filter { $0 != " " }) }.max() ?? 0
        #expect((2...6).contains(most))
    }

    @Test("loses nothing when it is killed at any moment")
    func killed() throws {
        let installation = try FollowedDirectory()
        // A command that was cut off as well has not been done: only a whole line counts.
        let command = #"sleep 0.0$(($$ % 3)); test $(($$ % 7)) != 0 && echo "$KHOINS_POSITION" >> done"#
        var number = 0
        for round in 0..<15 {
            let program = try installation.start("follow", "--from", "start", "--exec", command)
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(Int.random(in: 20...400)) {
                installation.store("n\(number % 17)", ["Success", "Gagal"][number / 17 % 2], at: number)
                installation.store("m\(number)")
                number += 1
                if number % 40 == 0 { try installation.beginJournalFile() }
                usleep(4_000)
            }
            program.signal(SIGKILL)
            #expect(try program.ending().status == 137, "round \(round): \(program.errors)")
        }
        let last = try installation.start("follow", "--from", "start", "--exec", command)
        let wanted = Set(try installation.positions())
        try wait(for: "the rest") { wanted.isSubset(of: Set(installation.lines("done"))) }
        #expect(Set(installation.lines("done")) == wanted)
        try wait(for: "the cursor") { installation.text("data/.cursors/shop.json").contains(#""unfinished":[]"#) }
        last.signal(SIGTERM)
        #expect(try last.ending().status == 0)
        let count = installation.lines("done").count
        #expect(try installation.start("follow", "--from", "start", "--once", "--exec", command).ending().status == 0)
        #expect(installation.lines("done").count == count)
    }

    @Test("lets running commands finish when it is told to stop", arguments: [SIGTERM, SIGINT])
    func stops(signal: Int32) throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        let program = try installation.start("follow", "--exec", "echo x >> begun; sleep 0.5; echo x >> done")
        try wait(for: "begin") { installation.exists("begun") }
        program.signal(signal)
        installation.store("b")
        #expect(try program.ending().status == 0)
        #expect(installation.lines("done") == ["x"])
        #expect(try installation.start("follow", "--once", "--exec", "echo y >> done").ending().status == 0)
        #expect(installation.lines("done") == ["x", "y"])
    }

    @Test("has each cursor to itself, and leaves it alone where another is at it")
    func alone() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        let first = try installation.start("follow", "--exec", "echo x >> done")
        try wait(for: "first") { installation.exists("done") }
        let second = try installation.start("follow", "--exec", "true")
        #expect(try second.ending().status == 2)
        #expect(second.errors.hasPrefix("khoins-callback: .cursors/shop.json: another process is at work with it: "))
        #expect(second.errors.hasSuffix(", process \(first.id)\n"))
        #expect(try installation.start("follow", "--once", "--exec", "true").ending().status == 0)
        #expect(try installation.start("follow", "--once", "--cursor", "other", "--exec", "true").ending().status == 0)
        _ = first
    }

    @Test("waits for the first callback in a directory that is not there yet")
    func early() throws {
        let installation = try FollowedDirectory()
        let program = try installation.start("follow", "--exec", "echo x >> done")
        try wait(for: "directory") { installation.exists("data/.cursors") }
        installation.store("a")
        try wait(for: "command") { installation.exists("done") }
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
    }

    /// The entries that a command was run for.
    private func told(_ installation: FollowedDirectory, _ arguments: String...) throws -> [String] {
        unlink(installation.scratch.file("done"))
        let command = "echo $KHOINS_POSITION >> done"
        #expect(try installation.start(["follow", "--once", "--exec", command] + arguments).ending().status == 0)
        return installation.lines("done").sorted()
    }

    @Test("begins with the newest entry, or with the oldest if told to, and goes on where the shop's cursor is")
    func beginning() throws {
        let installation = try FollowedDirectory()
        for trxid in ["a", "b", "c"] { installation.store(trxid) }
        #expect(try told(installation) == ["3"])
        installation.store("d")
        #expect(try told(installation) == ["4"])
        #expect(try told(installation, "--cursor", "shop") == [])
        #expect(try told(installation, "--cursor", "report") == ["4"])
        #expect(try told(installation, "--cursor", "other", "--from", "start") == ["1", "2", "3", "4"])
    }

    @Test("goes on under the name that it had before, where the shop has no cursor yet")
    func olderName() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        #expect(try told(installation, "--cursor", "exec") == ["1"])
        for trxid in ["b", "c"] { installation.store(trxid) }
        #expect(try told(installation) == ["2", "3"])
        #expect(!installation.exists("data/.cursors/shop.json"))
        installation.store("d")
        #expect(try told(installation, "--cursor", "shop") == ["4"])
        for trxid in ["e", "f"] { installation.store(trxid) }
        #expect(try told(installation) == ["5", "6"])
    }
}
