import CLinux
import Glibc

/// Keeps the token, which is in this process's memory, out of other places.
package enum ProcessPrivacy {
    /// From now on this process leaves no core dump, not even to a program that collects them, and other processes of
    /// the same user can neither trace it nor read its memory or environment (prctl(2), PR_SET_DUMPABLE).
    package static func protect() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        make_undumpable()
    }
}
