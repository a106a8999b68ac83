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

    /// Takes one off, if the count is above zero.
    package func tryWait() -> Bool { sem_trywait(semaphore) == 0 }

    /// Waits like `wait`, but for a time at most.
    ///
    /// - Returns: Whether one was taken off.
    package func wait(milliseconds: Int32) -> Bool {
        let deadline = Deadline(milliseconds: milliseconds)
        while !deadline.hasPassed {
            // sem_timedwait(3) counts by a clock that can be set; the deadline looks again.
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let end = time.tv_nsec + Int(deadline.remainingMilliseconds) * 1_000_000
            time.tv_sec += end / 1_000_000_000
            time.tv_nsec = end % 1_000_000_000
            if sem_timedwait(semaphore, &time) == 0 { return true }
        }
        return tryWait()
    }

    /// Adds one, which wakes a thread that waits.
    package func post() {
        sem_post(semaphore)
    }
}
