import Glibc

extension OpenFile {
    /// Takes the file's exclusive lock (flock(2)), waiting `seconds` for it at most.
    ///
    /// - Returns: Whether it did; if not, somebody else had it all the time.
    package func lock(within seconds: Int) throws(LedgerError) -> Bool {
        let deadline = Deadline(seconds: seconds)
        // Waiting in the kernel knows no time-out, and serves nobody in order either.
        var pause: Int64 = 50_000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .system(call: "flock", path: path, errno: errno)
            }
            if deadline.hasPassed { return false }
            var time = timespec(tv_sec: 0, tv_nsec: Int(Int64.random(in: pause / 2...pause)))
            nanosleep(&time, nil)
            pause = min(pause * 2, 2_000_000)
        }
        return true
    }

    /// Closing is not enough while a program is being started: until that runs, it shares the descriptor, and the lock.
    package func unlock() { _ = flock(descriptor, LOCK_UN) }

    /// The write-life hint (fcntl(2), F_GET_RW_HINT), which the kernel keeps in memory until the file system is
    /// unmounted; `nil` where it cannot tell.
    package var writeLifeHint: UInt64? {
        var hint: UInt64 = 0
        return fcntl(descriptor, Self.getHint, &hint) == 0 ? hint : nil
    }

    package func setWriteLifeHint(_ hint: UInt64) {
        var hint = hint
        _ = fcntl(descriptor, Self.setHint, &hint)
    }

    /// F_GET_RW_HINT and F_SET_RW_HINT of fcntl.h, which Swift does not import.
    private static var getHint: Int32 { 1024 + 11 }
    private static var setHint: Int32 { 1024 + 12 }
}
