/// A thread that works things out, one after the other, while whoever asked for them does something else. It ends with
/// this value.
///
/// The work should only compute, or make what has no name yet: calls that change what others see stay with the thread
/// that holds the lock.
package final class Worker: Sendable {
    private let queue = WorkQueue()

    package init() { queue.start() }

    deinit { queue.stop() }

    /// Puts `work` behind all that was begun before. It must not hold this value, which waits for it when it goes.
    package func begin<Value: Sendable>(_ work: @escaping @Sendable () -> Value) -> Assignment<Value> {
        let job = Job(work)
        queue.append(job)
        return Assignment(job, queue)
    }
}

/// Something that a worker was asked for.
package final class Assignment<Value: Sendable>: @unchecked Sendable {
    // Used by one thread at a time.

    private let job: Job<Value>
    private let queue: WorkQueue
    private var result: Value?

    fileprivate init(_ job: Job<Value>, _ queue: WorkQueue) {
        self.job = job
        self.queue = queue
    }

    /// Waits for it. What the worker has not begun with, or never will, is done here; the worker goes on beside that.
    package func value() -> Value {
        if let result { return result }
        if !queue.takeBack(job) { job.isDone.wait() }
        let value = job.value ?? job.work()
        result = value
        return value
    }
}

private class Runnable: @unchecked Sendable {
    // One thread runs it, and whoever made it looks at it after that.

    let isDone = Semaphore()

    func run() {}
}

private final class Job<Value>: Runnable, @unchecked Sendable {
    let work: @Sendable () -> Value
    var value: Value?

    init(_ work: @escaping @Sendable () -> Value) { self.work = work }

    override func run() {
        value = work()
        isDone.post()
    }
}

/// What a worker has not begun with yet.
private final class WorkQueue: Sendable {
    private struct State {
        var jobs: [Runnable] = []
        var isRunning = false
        var isStopped = false
    }

    private let state = Locked(State())
    /// Counts what was appended, and the stop.
    private let isDue = Semaphore()
    private let hasEnded = Semaphore()

    func start() {
        // Without it, whoever asks for something does it.
        let start: Void? = try? Thread.start { self.run() }
        state.withLock { $0.isRunning = start != nil }
    }

    private func run() {
        while true {
            isDue.wait()
            let (job, isStopped) = state.withLock { state in
                (state.isStopped || state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
            }
            if isStopped { break }
            job?.run()
        }
        hasEnded.post()
    }

    /// Lets the thread end what it is at, and waits for that. The rest stays for those who ask for it.
    func stop() {
        let isRunning = state.withLock { state in
            state.isStopped = true
            return state.isRunning
        }
        isDue.post()
        if isRunning { hasEnded.wait() }
    }

    func append(_ job: Runnable) {
        state.withLock { $0.jobs.append(job) }
        isDue.post()
    }

    /// - Returns: Whether the thread has not begun with it, and now never will.
    func takeBack(_ job: Runnable) -> Bool {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0 === job }) else { return false }
            state.jobs.remove(at: index)
            return true
        }
    }
}
