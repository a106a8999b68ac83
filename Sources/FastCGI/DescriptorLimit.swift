import Glibc

/// How many descriptors the process may have open (getrlimit(2), RLIMIT_NOFILE).
package enum DescriptorLimit {
    /// More serve no purpose: connections wait in memory too.
    private static let maximum: rlim_t = 32_768
    /// A service with fewer could hardly hold a connection.
    package static let least = 32

    /// Raises the limit as far as is allowed and sensible, and says what it is. The usual 1024 is for programs that
    /// call select(2).
    package static func raised() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let wanted = min(limit.rlim_max, max(limit.rlim_cur, maximum))
        if wanted > limit.rlim_cur {
            var raised = limit
            raised.rlim_cur = wanted
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(min(limit.rlim_cur, maximum))
    }
}
