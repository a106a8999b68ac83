import CLinux
import Glibc

/// A counting semaphore between the threads of this process (sem_overview(7)).
package final class Semaphore: @unchecked Sendable {
    // The C library's semaphore is made for being shared, and never moves.

    private let semaphore: UnsafeMutablePointer<sem_t>

    package init(count: Int = 0) {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, UInt32(count))
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Waits until the count is above zero, and takes one off.
    package func wait() {
        // Interrupted by a signal, it is called again.
        while sem_wait(semaphore) != 0 {}
    }

    /// Waits like `wait`, but for a time at most, by the clock that nobody can set (sem_clockwait(3)).
    ///
    /// - Returns: Whether one was taken off.
    package func wait(milliseconds: Int) -> Bool {
        let end = Clock.nanoseconds + Int64(milliseconds) * 1_000_000
        var time = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        while sem_clockwait(semaphore, CLOCK_MONOTONIC, &time) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }

    /// Adds one, which wakes a thread that waits.
    package func post() {
        sem_post(semaphore)
    }
}
