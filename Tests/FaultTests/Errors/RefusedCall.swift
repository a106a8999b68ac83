import TestSupport
import Testing

/// A system call that an old kernel does not know, or that who watches over the program does not let it make.
struct RefusedCall: CustomTestStringConvertible, Sendable {
    /// What is to come of it.
    enum Outcome: Sendable {
        /// Callbacks are stored all the same.
        case fallsBack
        /// None is, and a sentence says why: at the start, or with each one's 503.
        case isTold
        /// The call is not made.
        case isNotMade
    }

    /// The errors that mean a refusal.
    static let errors = ["ENOSYS", "EPERM", "EOPNOTSUPP"]

    var call: String
    var cgi: Outcome
    var service: Outcome
    /// The C library's loader makes this call too, so that only a static executable gets as far as to refuse it.
    var isOfLoader = false
    var errors = Self.errors

    var testDescription: String { "\(call): \(errors.joined(separator: ", "))" }

    private static func both(_ outcome: Outcome, _ calls: String, isOfLoader: Bool = false) -> [RefusedCall] {
        calls.split(separator: " ").map {
            RefusedCall(call: String($0), cgi: outcome, service: outcome, isOfLoader: isOfLoader)
        }
    }

    /// Every call that is newer than Linux 3.10 or that can be done without, and every one on the data directory.
    static let all =
        // Newer than Linux 3.10.
        both(
            .fallsBack,
            """
            memfd_create getrandom rseq close_range statx membarrier copy_file_range faccessat2 openat2 renameat2 \
            preadv2 pwritev2 epoll_pwait2
            """)
        // Without threads a service of its own does not begin. The C library knows one refusal alone of the newer call.
        + [
            RefusedCall(call: "clone3", cgi: .fallsBack, service: .fallsBack, errors: ["ENOSYS"]),
            RefusedCall(call: "clone3", cgi: .fallsBack, service: .isTold, errors: ["EPERM", "EOPNOTSUPP"]),
        ]
        // Those that make things faster, tidier or safer.
        + both(
            .fallsBack,
            """
            linkat syncfs sync_file_range fadvise64 fallocate fcntl fchmod faccessat prctl madvise sched_getaffinity \
            set_robust_list umask ioctl readlink fstatfs statfs uname setrlimit inotify_init1 accept4 ftruncate
            """)
        + both(.fallsBack, "prlimit64 access", isOfLoader: true)
        // What nothing can be stored without.
        + both(.isTold, "flock fsync fdatasync unlinkat getdents64 mkdir mkdirat pwrite64 renameat")
        + both(.isTold, "newfstatat pread64", isOfLoader: true)
        // What only one of the two needs.
        + [
            RefusedCall(call: "poll", cgi: .isTold, service: .fallsBack),
            RefusedCall(call: "epoll_create1", cgi: .isNotMade, service: .isTold),
            RefusedCall(call: "epoll_ctl", cgi: .isNotMade, service: .isTold),
            RefusedCall(call: "eventfd2", cgi: .isNotMade, service: .isTold),
            RefusedCall(call: "timerfd_create", cgi: .isNotMade, service: .isTold),
            RefusedCall(call: "socket", cgi: .isNotMade, service: .isTold),
            RefusedCall(call: "listen", cgi: .isNotMade, service: .isTold),
        ]
}
