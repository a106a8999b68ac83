import Glibc

/// Group commit: of the threads that wait to commit, one takes what all of them brought, commits it as one batch, and
/// wakes them; meanwhile the next batch gathers.
package final class CommitQueue: @unchecked Sendable {
    // The ledger is touched only by the thread that leads, of which there is one at a time: `isLed` changes under the
    // mutex, and leadership passes through a semaphore.

    /// Submissions in a batch, at most.
    static let maximumBatch = 256

    private struct State {
        var waiting: [Waiter] = []
        var isLed = false
    }

    private let ledger: Ledger
    private let state = Locked(State())
    private let checkpointIsDue: @Sendable () -> Void

    /// - Parameters:
    ///   - ledger: Used by this queue alone from now on.
    ///   - checkpointIsDue: Called, by a thread that has an answer to give, when `Ledger.moveCheckpoint` should be
    ///     called on another ledger of the same directory.
    package init(_ ledger: sending Ledger, checkpointIsDue: @escaping @Sendable () -> Void) {
        self.ledger = ledger
        self.checkpointIsDue = checkpointIsDue
    }

    /// Commits a submission together with others; returns when it is durable and in its record, or has failed.
    package func commit(_ submission: Submission) -> Result<Outcome, LedgerError> {
        let own = Waiter(submission)
        let leads = state.withLock { state in
            state.waiting.append(own)
            defer { state.isLed = true }
            return !state.isLed
        }
        if !leads { own.sleep() }
        // Woken without an outcome, this thread has been made the leader.
        return own.outcome ?? lead(own)
    }

    private func lead(_ own: Waiter) -> Result<Outcome, LedgerError> {
        let batch = state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.maximumBatch))
            state.waiting.removeFirst(batch.count)
            return batch
        }
        let commit = ledger.commit(batch.map(\.submission))
        for (waiter, outcome) in zip(batch, commit.outcomes) { waiter.outcome = outcome }
        let successor = state.withLock { state in
            state.isLed = !state.waiting.isEmpty
            return state.waiting.first
        }
        successor?.wake()
        for waiter in batch where waiter !== own { waiter.wake() }
        if commit.isCheckpointDue { checkpointIsDue() }
        return own.outcome ?? .failure(.lockTimedOut(seconds: 0))
    }
}

/// A thread that waits for its outcome, or for being made the leader.
private final class Waiter: @unchecked Sendable {
    // `outcome` is written by the leader before it posts the semaphore, and read by the owner after it has waited.

    let submission: Submission
    var outcome: Result<Outcome, LedgerError>?
    private let semaphore: UnsafeMutablePointer<sem_t>

    init(_ submission: Submission) {
        self.submission = submission
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func sleep() {
        while sem_wait(semaphore) != 0 {}
    }

    func wake() {
        sem_post(semaphore)
    }
}
