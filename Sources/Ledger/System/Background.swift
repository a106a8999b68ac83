import Glibc

/// Something that is worked out by a thread of its own, while whoever asked for it does something else.
///
/// The work should only compute: calls that change files stay with the thread that holds the lock.
final class Background<Value: Sendable>: @unchecked Sendable {
    // Used by the thread that made it. What the other thread writes into `job` is read only after that one has ended.

    private let job: Job<Value>
    /// The thread; `nil` where none could be started, or it has ended.
    private var thread: pthread_t?

    init(_ work: @escaping @Sendable () -> Value) {
        job = Job(work)
        thread = startThread(job)
    }

    deinit { join() }

    /// Waits for it. Where no thread could be started, the work is done here.
    func value() -> Value {
        join()
        return job.value ?? job.work()
    }

    private func join() {
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }
}

private class Runnable {
    func run() {}
}

private final class Job<Value>: Runnable {
    let work: @Sendable () -> Value
    var value: Value?

    init(_ work: @escaping @Sendable () -> Value) { self.work = work }

    override func run() { value = work() }
}

/// - Returns: A thread that runs `job` and ends; `nil` if none could be started.
private func startThread(_ job: Runnable) -> pthread_t? {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(job)
    let failure = pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<Runnable>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
    if failure == 0 { return thread }
    context.release()
    return nil
}
