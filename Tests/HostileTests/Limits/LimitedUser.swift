import Glibc
import TestSupport

/// A user that nobody else is, so that a limit on his processes counts those of one test alone.
struct LimitedUser {
    let id: uid_t

    /// A test that needs one can run as root only.
    static let isPossible = ServerUser.isRoot

    /// - Parameter scratch: Becomes his as far as the servers' user writes to it.
    init(_ scratch: Scratch) {
        // Above all that a system hands out, and below what containers use.
        id = 70_000 + uid_t(getpid() % 10_000) * 5 + uid_t.random(in: 0..<5)
        for name in ["run", "home", "etc/khoins-callback.env"] { chown(scratch.file(name), id, id) }
    }

    /// The same program as this user, who may have so many processes and threads.
    func command(_ command: Command, processes: Int) -> Command {
        asUser(command, ["/usr/bin/prlimit", "--nproc=\(processes)", "--"])
    }

    /// Processes of his that do nothing but count.
    func neighbours(_ count: Int, in scratch: Scratch) throws -> [ChildProcess] {
        try (0..<count).map { _ in
            try ChildProcess(asUser(Command("/bin/sleep", "600"), []), in: scratch, name: "neighbour")
        }
    }

    private func asUser(_ command: Command, _ prefix: [String]) -> Command {
        var limited = command
        limited.arguments =
            ["/usr/bin/setpriv", "--reuid", "\(id)", "--regid", "\(id)", "--clear-groups", "--"] + prefix
            + command.arguments
        return limited
    }
}
