import Glibc

/// A moment on the clock that nobody can set.
package struct Deadline: Sendable {
    private let end: Int64

    package init(seconds: Int) {
        end = Clock.nanoseconds + Int64(seconds) * 1_000_000_000
    }

    package var hasPassed: Bool { remainingMilliseconds == 0 }

    /// Zero once it has passed.
    package var remainingMilliseconds: Int32 {
        Int32(clamping: max(0, (end - Clock.nanoseconds + 999_999) / 1_000_000))
    }
}

/// The clocks of the machine.
package enum Clock {
    /// Nanoseconds on the clock that nobody can set.
    package static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Microseconds since 1970, on the clock that the administrator sets.
    package static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
