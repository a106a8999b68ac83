import Glibc
import Testing

/// Lets no file of this process grow past `limit` bytes; choose one that no other test reaches.
func withFileSizeLimit<Value>(_ limit: rlim_t, _ body: () throws -> Value) throws -> Value {
    signal(SIGXFSZ, SIG_IGN)
    var old = rlimit()
    getrlimit(__rlimit_resource_t(1), &old)
    var new = rlimit(rlim_cur: limit, rlim_max: old.rlim_max)
    #expect(setrlimit(__rlimit_resource_t(1), &new) == 0)
    defer { setrlimit(__rlimit_resource_t(1), &old) }
    return try body()
}
