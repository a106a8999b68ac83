import Formats
import Glibc
import TestSupport
import Testing

@Suite("check, where no callback could be stored", .serialized)
struct StoringCheckTests {
    private static let callback = Request(posting: #"{"refid":"C-1","message":"{\"status\":\"Success\"}"}"#)

    private let installation: Installation
    private var scratch: Scratch { installation.scratch }
    private var check: Command {
        var check = Command(scratch.executable, "check", "--json")
        check.environment = ["KHOINS_SETTINGS": scratch.file("etc/khoins-callback.env")]
        return check
    }

    /// One callback is stored already.
    init() throws {
        installation = try Installation.prepared(settings: "KHOINS_LISTEN=unix:/nonexistent/x.sock\n")
        var door = CGIDoor(installation.scratch)
        door.command.environment = ["KHOINS_SETTINGS": installation.scratch.file("etc/khoins-callback.env")]
        #expect(try door.send(Self.callback).status == 200)
    }

    /// What `check` says of a subject, behind its verdict, and its status.
    private func said(of subject: String, _ command: Command) throws -> (status: Int32, words: String) {
        let ending = try ChildProcess.run(command, in: scratch)
        for line in ending.output.split(separator: "\n") {
            let value = try JSONParser.parse(Array(line.utf8))
            guard value["check"]?.string == subject else { continue }
            return (ending.status, "\(value["result"]?.string ?? ""): \(value["detail"]?.string ?? "")")
        }
        return (ending.status, "nothing: \(ending.output)\(ending.errors)")
    }

    @Test("says ok where one could, by the owner and by root")
    func fine() throws {
        for command in [check, check.asServerUser] {
            #expect(try said(of: "storing", command).words == "ok: a callback could be stored now")
            #expect(try said(of: "handler", command).words.hasPrefix("ok: `serve` can have"))
        }
        #expect(try scratch.data.findings() == [])
    }

    @Test(
        "says what is refused", .needs("strace"),
        arguments: [
            "flock:error=ENOLCK", "flock:error=EOPNOTSUPP", "fdatasync:error=EIO", "pwrite64:error=ENOSPC",
            "unlinkat:error=EROFS",
        ])
    func refused(injection: String) throws {
        let (status, words) = try said(of: "storing", Injection(injection).command(check.asServerUser))
        #expect(status == 1 && words.hasPrefix("bad: no callback could be stored now: "), "\(words)")
    }

    @Test("says that a directory of records may not be written to", arguments: ["transactions", "topups", "rejected"])
    func rights(name: String) throws {
        chmod(scratch.file("home/data/\(name)"), 0o550)
        defer { chmod(scratch.file("home/data/\(name)"), 0o750) }
        // Root may write everywhere, and serves nowhere.
        for command in [check, check.asServerUser] {
            let (status, words) = try said(of: "storing", command)
            #expect(status == 1 && words.contains("\(name)") && words.contains("Permission denied"), "\(words)")
        }
    }

    @Test("says nothing of what it cannot try", .enabled(if: ServerUser.isRoot, "needs another user"))
    func others() throws {
        func open(_ mode: mode_t) {
            for name in [".", "transactions", "topups", "rejected", "journal"] {
                chmod(scratch.file("home/data/\(name)"), mode)
            }
        }
        open(0o755)
        defer { open(0o750) }
        var command = Command(scratch.executable, "check", "--json", "--data", scratch.data.path).asUser(65_534)
        command.environment = ["KHOINS_TOKEN": secretToken]
        #expect(try said(of: "storing", command).words.hasPrefix("skipped: not tried: run this as user"))
    }

    @Test(
        "says that there is no room", .enabled(if: ServerUser.isRoot, "needs root: mounts a file system"),
        arguments: ["size=300k", "nr_inodes=12"], [false, true])
    func full(option: String, isFresh: Bool) throws {
        let path = scratch.file("run/mounted")
        try scratch.makeDirectory("run/mounted")
        let script = """
            mount -t tmpfs -o mode=750,"$1" none "$2" && chown "$3" "$2" || exit 9
            [ "$4" = true ] || setpriv --reuid "$3" --regid "$3" --clear-groups -- "$0" expect A --data "$2" >/dev/null || exit 8
            for number in $(seq 20); do head -c 100000 /dev/zero >"$2/fill$number"; done 2>"$2/none"
            exec "$0" check --json --data "$2"
            """
        var command = Command(
            "unshare", "--mount", "sh", "-c", script, scratch.executable, option, path, "\(ServerUser.numericID)",
            "\(isFresh)")
        command.environment = ["KHOINS_TOKEN": secretToken]
        let (status, words) = try said(of: "storing", command)
        #expect(status == 1 && words.contains("No space left on device"), "\(words)")
    }

    @Test(
        "says that the threads of serve cannot be had",
        .enabled(if: LimitedUser.isPossible, "needs root: a limit of processes counts all of a user's"))
    func threads() throws {
        let user = LimitedUser(scratch)
        #expect(try ChildProcess.run(Command("chown", "-R", "\(user.id)", scratch.data.path)).status == 0)
        let (status, words) = try said(of: "handler", user.command(check, processes: 5))
        #expect(status == 1 && words.contains("the limit of processes or of memory?"), "\(words)")
    }

    @Test(
        "says what else keeps serve from beginning", .needs("strace"),
        arguments: ["epoll_create1:error=ENOSYS", "timerfd_create:error=EPERM", "eventfd2:error=EMFILE"])
    func handler(injection: String) throws {
        let (status, words) = try said(of: "handler", Injection(injection).command(check.asServerUser))
        #expect(status == 1 && words.hasPrefix("bad: `serve` could not begin: cannot serve: "), "\(words)")
    }

    @Test("says that there are too few descriptors")
    func descriptors() throws {
        let (status, words) = try said(of: "handler", check.asServerUser.limited("--nofile=20"))
        #expect(status == 1 && words.contains("descriptors"), "\(words)")
    }
}
