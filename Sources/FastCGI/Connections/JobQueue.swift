import System

/// What the threads of a server have to do. One of them watches for what comes; what may take long goes to whoever is
/// free.
final class JobQueue<Element: Sendable>: Sendable {
    enum Task: Sendable {
        case job(Element)
        /// Watch for what comes, until `handOver`.
        case watch
        case stop
    }

    private struct State {
        var jobs: [Element] = []
        var isStopped = false
    }

    private let state = Locked(State())
    /// One for each job, and one more while nobody watches.
    private let due = Semaphore()

    /// Lets a thread watch; called once, when all threads are there.
    func begin() { due.post() }

    /// Waits for something to do. Jobs come first: nothing new is taken on while old work waits for a thread.
    func next() -> Task {
        due.wait()
        return state.withLock { state in
            if state.isStopped { return .stop }
            return state.jobs.isEmpty ? .watch : .job(state.jobs.removeFirst())
        }
    }

    /// A job, if there is one; for the only thread there is, which never waits for one.
    func nextJob() -> Element? {
        state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    }

    /// Adds a job, behind the others or before them.
    func add(_ job: Element, first: Bool = false) {
        state.withLock { state in state.jobs.insert(job, at: first ? 0 : state.jobs.count) }
        due.post()
    }

    /// Lets another thread watch in place of the one that calls this.
    func handOver() { due.post() }

    /// Lets all threads end, of which the one that calls this watches.
    func stop(threads: Int) {
        state.withLock { $0.isStopped = true }
        for _ in 0..<threads { due.post() }
    }
}
