import TestSupport

/// A view of the machine that processes in a container may have, made of namespaces of their own (unshare(1)).
enum Namespace: CaseIterable, Sendable {
    /// None: as the tests themselves.
    case host
    /// What LXC and systemd-nspawn do: another file lies over the kernel's id of the boot.
    case otherBootID
    /// Its own processes, and a /proc of its own.
    case processes
    case withoutProc
    /// Its own clocks, of a machine that has run for months (time_namespaces(7)).
    case time

    /// Those in which the executable under test can run: a loader looks into /proc for the libraries of a debug build.
    static let testable = allCases.filter { $0 != .withoutProc || TestBinary.isRelease }

    /// Whether they can all be made here; tried once.
    static let areAvailable = allCases.allSatisfy {
        (try? ChildProcess.run(Command("true").behind($0.words)).status) == 0
    }

    /// The words before a program's own. One that forks is ended by SIGKILL alone: unshare(1) heeds no other signal.
    var words: [String] {
        switch self {
        case .host: []
        case .otherBootID:
            Self.mounting(
                "mount -t tmpfs none /mnt", "echo 5f0c1e7a-9b3d-4c2f-8a61-0d9e7b5c3a12 >/mnt/id",
                "mount --bind /mnt/id /proc/sys/kernel/random/boot_id")
        case .processes: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        case .withoutProc: Self.mounting("mount -t tmpfs none /proc")
        case .time: ["unshare", "--time", "--boottime=9000000", "--monotonic=9000000", "--fork", "--kill-child"]
        }
    }

    private static func mounting(_ commands: String...) -> [String] {
        let script = (commands + [#"exec "$@""#]).joined(separator: " && ")
        return ["unshare", "--mount", "sh", "-c", script, "sh"]
    }
}
