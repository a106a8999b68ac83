import Glibc

/// A counting semaphore between the threads of this process (sem_overview(7)).
package final class Semaphore: @unchecked Sendable {
    // The C library's semaphore is made for being shared, and never moves.

    private let semaphore: UnsafeMutablePointer<sem_t>

    package init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
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

    /// Adds one, which wakes a thread that waits.
    package func post() {
        sem_post(semaphore)
    }
}
