import Glibc

/// A value that threads share, each touching it with the lock held.
///
/// The lock is the C library's, because the thread sanitizer knows that one; of `Synchronization.Mutex` it sees nothing
/// and reports races that are none.
package final class Locked<Value>: @unchecked Sendable {
    // The value is touched in `withLock` alone.

    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// Behind a pointer, so that the runtime need not check that only one thread changes it: the lock sees to that.
    @usableFromInline let value: UnsafeMutablePointer<Value>

    @inlinable package init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    /// Runs `body` with the lock held; others wait.
    ///
    /// Inlinable, because other modules would look up at run time how the value and the result are moved.
    @inlinable package func withLock<Result: ~Copyable>(_ body: (inout sending Value) throws -> sending Result) rethrows
        -> sending Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
