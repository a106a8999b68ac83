/// Group commit: whoever comes first leads, takes everything that waits, and commits it as one batch; meanwhile the next
/// batch gathers, and another thread leads that while the leader before tells everybody what became of his.
///
/// Only who leads ever waits. Others hand in what they have and go on; what they want to do with the outcome is done by
/// the thread that led.
package final class CommitQueue: @unchecked Sendable {
    // The ledger is touched only by the thread that leads, of which there is one at a time: `isLed` changes under the
    // lock, and leadership passes through a semaphore.

    /// What is called with an outcome, on the thread that led.
    package typealias Completion = @Sendable (Result<Outcome, LedgerError>) -> Void
    /// A submission and what became of it.
    package typealias Committed = (submission: Submission, outcome: Result<Outcome, LedgerError>)

    /// Submissions in a batch, at most.
    static let maximumBatch = 256
    /// Threads that take over where more waits than was committed: one leads while the other completes.
    private static let successorCount = 2

    private struct State {
        var submissions: [Submission] = []
        var completions: [Completion] = []
        var isLed = false
        var hasSuccessors = false
    }

    private let ledger: Ledger
    private let state = Locked(State())
    private let leadership = Semaphore()
    private let didCommit: @Sendable ([Committed]) -> Void
    private let checkpointIsDue: @Sendable () -> Void

    /// - Parameters:
    ///   - ledger: Used by this queue alone from now on.
    ///   - didCommit: Called with each batch, before anybody else learns of it.
    ///   - checkpointIsDue: Called when `Ledger.moveCheckpoint` should be called on another ledger of the same directory.
    package init(
        _ ledger: sending Ledger, didCommit: @escaping @Sendable ([Committed]) -> Void = { _ in },
        checkpointIsDue: @escaping @Sendable () -> Void
    ) {
        self.ledger = ledger
        self.didCommit = didCommit
        self.checkpointIsDue = checkpointIsDue
    }

    deinit {
        // Successors that wake and find no queue end.
        for _ in 0..<Self.successorCount { leadership.post() }
    }

    /// Commits a submission together with others. Where nobody leads, the caller does.
    ///
    /// - Parameter completion: Called once, when the submission is durable and in its record, or has failed; by the
    ///   caller before this returns, or by another thread.
    package func submit(_ submission: Submission, completion: @escaping Completion) {
        let leads = state.withLock { state in
            state.submissions.append(submission)
            state.completions.append(completion)
            defer { state.isLed = true }
            return !state.isLed
        }
        if leads { lead() }
    }

    /// Commits a submission together with others; returns when it is durable and in its record, or has failed.
    package func commit(_ submission: Submission) -> Result<Outcome, LedgerError> {
        let outcome = Locked<Result<Outcome, LedgerError>?>(nil)
        let isDone = Semaphore()
        submit(submission) { result in
            outcome.withLock { $0 = result }
            isDone.post()
        }
        isDone.wait()
        return outcome.withLock { $0 } ?? .failure(.lockTimedOut(seconds: 0))
    }

    private func lead() {
        let (submissions, completions) = state.withLock { state in
            if state.submissions.count <= Self.maximumBatch {
                defer {
                    state.submissions = []
                    state.completions = []
                }
                return (state.submissions, state.completions)
            }
            let batch = (
                Array(state.submissions.prefix(Self.maximumBatch)), Array(state.completions.prefix(Self.maximumBatch))
            )
            state.submissions.removeFirst(Self.maximumBatch)
            state.completions.removeFirst(Self.maximumBatch)
            return batch
        }
        let commit = ledger.commit(submissions)
        let (isToBeLed, needsSuccessors) = state.withLock { state in
            state.isLed = !state.submissions.isEmpty
            let needsSuccessors = state.isLed && !state.hasSuccessors
            if needsSuccessors { state.hasSuccessors = true }
            return (state.isLed, needsSuccessors)
        }
        if needsSuccessors { startSuccessors() }
        if isToBeLed { leadership.post() }
        didCommit(Array(zip(submissions, commit.outcomes)))
        for (completion, outcome) in zip(completions, commit.outcomes) { completion(outcome) }
        if commit.isCheckpointDue { checkpointIsDue() }
    }

    private func startSuccessors() {
        for _ in 0..<Self.successorCount {
            Thread.start { [weak self, leadership] in
                while true {
                    leadership.wait()
                    guard let self else { return }
                    self.lead()
                }
            }
        }
    }
}
