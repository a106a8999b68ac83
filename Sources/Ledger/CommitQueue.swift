import System

/// Group commit: a thread leads, takes everything that waits, and commits it as one batch; meanwhile the next batch
/// gathers, and another thread leads that while the leader before tells everybody what became of his.
///
/// Only who leads ever waits. Others hand in what they have and go on; what they want to do with the outcome is done by
/// the thread that led.
package final class CommitQueue: @unchecked Sendable {
    // `commit` is called only by the thread that leads, of which there is one at a time: `isLed` changes under the lock,
    // and leadership passes through a semaphore.

    /// What is called with an outcome, on the thread that led.
    package typealias Completion = @Sendable (Result<Outcome, LedgerError>) -> Void
    /// A submission and what became of it.
    package typealias Committed = (submission: Submission, outcome: Result<Outcome, LedgerError>)

    /// Submissions in a batch, at most.
    static let maximumBatch = 256
    /// Threads that lead in turn: one commits while the other completes.
    private static let leaderCount = 2

    private struct State {
        var submissions: [Submission] = []
        var completions: [Completion] = []
        var isLed = false
        var hasLeaders = false
    }

    private let commit: ([Submission]) -> Ledger.Commit
    private let state = Locked(State())
    private let leadership = Semaphore()
    private let didCommit: @Sendable ([Committed], Ledger.Commit) -> Void

    /// - Parameters:
    ///   - commit: Orders a batch, applies it and acknowledges it; called by one thread at a time.
    ///   - didCommit: Called with each batch, and what it came to, before anybody else learns of it. What that says is due
    ///     is for another ledger of the same directory, and another thread.
    package init(
        commit: sending @escaping ([Submission]) -> Ledger.Commit,
        didCommit: @escaping @Sendable ([Committed], Ledger.Commit) -> Void = { _, _ in }
    ) {
        self.commit = commit
        self.didCommit = didCommit
    }

    deinit {
        // Leaders that wake and find no queue end.
        for _ in 0..<Self.leaderCount { leadership.post() }
    }

    /// Takes a submission, to be committed together with others. `flush` must follow, once all that has come is handed in.
    ///
    /// - Parameter completion: Called once, by another thread, when the submission is durable and in its record, or has
    ///   failed.
    package func submit(_ submission: Submission, completion: @escaping Completion) {
        state.withLock { state in
            state.submissions.append(submission)
            state.completions.append(completion)
        }
    }

    /// Lets what waits be committed. Never waits itself.
    package func flush() {
        let (isToBeLed, needsLeaders) = state.withLock { state in
            if state.isLed || state.submissions.isEmpty { return (false, false) }
            state.isLed = true
            defer { state.hasLeaders = true }
            return (true, !state.hasLeaders)
        }
        if needsLeaders { startLeaders() }
        if isToBeLed { leadership.post() }
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
        let commit = self.commit(submissions)
        let isToBeLed = state.withLock { state in
            state.isLed = !state.submissions.isEmpty
            return state.isLed
        }
        if isToBeLed { leadership.post() }
        didCommit(Array(zip(submissions, commit.outcomes)), commit)
        for (completion, outcome) in zip(completions, commit.outcomes) { completion(outcome) }
    }

    private func startLeaders() {
        for _ in 0..<Self.leaderCount {
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
