import Glibc

/// A pipe whose ends no program that is started gets by itself.
package struct Pipe {
    /// Reading from it waits for nobody.
    package let output: Int32
    package let input: Int32

    package init() throws(LedgerError) {
        var ends: [Int32] = [-1, -1]
        try systemCall("pipe", "pipe") { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        (output, input) = (ends[0], ends[1])
    }
}
