import Glibc

// Every call into libc that touches the data directory goes through here: errno is taken at once, and EINTR is
// answered in one place.

/// Makes a call that answers -1 and errno on failure; repeats it while a signal interrupts it.
@discardableResult
package func systemCall<Value: SignedInteger>(
    _ name: String, _ path: @autoclosure () -> String, _ body: () -> Value
) throws(LedgerError) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        let code = errno
        if code != EINTR { throw .system(call: name, path: path(), errno: code) }
    }
}

/// Makes a call whose failure is final whatever its reason: after a failed sync or close nobody can say what holds,
/// and asking again would only be told of the next failure.
package func finalSystemCall(_ name: String, _ path: @autoclosure () -> String, _ body: () -> Int32) throws(LedgerError)
{
    if body() != 0 { throw .system(call: name, path: path(), errno: errno) }
}

/// Whether an errno says that nobody may make such a call here, or not in this way: the kernel is too old for it, or who
/// watches over this process does not know it.
func isRefusal(_ code: Int32) -> Bool { [ENOSYS, EPERM, EACCES, EOPNOTSUPP, EINVAL].contains(code) }

/// The C library's words for an errno.
package func errorText(_ code: Int32) -> String {
    String(cString: strerror(code))
}
