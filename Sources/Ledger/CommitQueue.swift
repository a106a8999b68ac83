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
    package typealias Completion = @Sendable (CommitResult) -> Void
    /// What is called with the answer to a probe, on the thread that led.
    package typealias ProbeCompletion = @Sendable (LedgerError?) -> Void
    /// A submission and what became of it.
    package typealias Committed = (submission: Submission, outcome: CommitResult)

    /// Submissions in a batch, at most.
    static let maximumBatch = 256
    /// Threads that lead in turn: one commits while the other completes.
    private static let leaderCount = 2

    private struct State {
        var submissions: [Submission] = []
        var completions: [Completion] = []
        var probes: [ProbeCompletion] = []
        var isLed = false
        /// Threads that lead. As long as there is none, whoever hands in leads.
        var leaders = 0

        var isEmpty: Bool { submissions.isEmpty && probes.isEmpty }
    }

    /// What is led at once.
    private struct Batch {
        var submissions: [Submission]
        var completions: [Completion]
        var probes: [ProbeCompletion]

        /// Takes out what has to wait until its record is made anew.
        mutating func takeLate(outOf commit: inout Ledger.Commit) -> [Late] {
            let isLate = commit.outcomes.map(\.isOfUnmadeRecord)
            let all = Array(zip(submissions, completions))
            let rest = zip(all, isLate).filter { !$1 }.map(\.0)
            (submissions, completions) = (rest.map(\.0), rest.map(\.1))
            commit.outcomes.removeAll(where: \.isOfUnmadeRecord)
            return zip(all, isLate).filter { $1 }.map { (submission: $0.0.0, completion: $0.0.1) }
        }
    }

    private let commit: ([Submission]) -> Ledger.Commit
    private let probing: () -> LedgerError?
    private let state = Locked(State())
    private let leadership = Semaphore()
    private let willRefuse: @Sendable ([Committed]) -> Void
    private let didCommit: @Sendable ([Committed], Ledger.Commit) -> Void
    private let didLeave: (@Sendable ([Late]) -> Void)?

    /// What has to wait until its record is made anew, and what to call with its outcome.
    package typealias Late = (submission: Submission, completion: Completion)

    /// - Parameters:
    ///   - commit: Orders a batch, applies it and acknowledges it; called by one thread at a time.
    ///   - probe: Says why nothing could be committed now; `nil` if it could. Called as `commit` is.
    ///   - didCommit: Called with each batch, and what it came to, after everybody was told: what it waits for is no part of
    ///     an answer. What that says is due is for another ledger of the same directory, and another thread.
    ///   - willRefuse: Called before that with a batch of which something was not filed. Must not wait for anything.
    ///   - didLeave: Takes what `commit` has left because its record must be made anew, for another thread to commit and
    ///     complete. Without it, that is a failure as any other.
    package init(
        commit: @escaping ([Submission]) -> Ledger.Commit, probe: @escaping () -> LedgerError?,
        didCommit: @escaping @Sendable ([Committed], Ledger.Commit) -> Void,
        willRefuse: @escaping @Sendable ([Committed]) -> Void, didLeave: (@Sendable ([Late]) -> Void)? = nil
    ) {
        self.commit = commit
        probing = probe
        self.willRefuse = willRefuse
        self.didCommit = didCommit
        self.didLeave = didLeave
    }

    /// A queue of a ledger, which it alone uses from now on.
    package convenience init(
        _ ledger: sending Ledger, didCommit: @escaping @Sendable ([Committed], Ledger.Commit) -> Void = { _, _ in },
        willRefuse: @escaping @Sendable ([Committed]) -> Void = { _ in }, didLeave: (@Sendable ([Late]) -> Void)? = nil
    ) {
        let leaves = didLeave != nil
        self.init(
            commit: { leaves ? ledger.commitAtOnce($0) : ledger.commit($0) }, probe: { ledger.probe() },
            didCommit: didCommit, willRefuse: willRefuse, didLeave: didLeave)
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

    /// Asks whether a submission could be stored now, by the thread that would commit it. `flush` must follow.
    ///
    /// - Parameter completion: Called once with why it could not; `nil` if it could.
    package func probe(completion: @escaping ProbeCompletion) {
        state.withLock { $0.probes.append(completion) }
    }

    /// Starts the threads that lead, of which one is enough.
    ///
    /// - Throws: Why there is not even one. `flush` leads itself then, and tries again each time.
    package func startLeaders() throws(Thread.Failure) {
        while case let count = state.withLock({ $0.leaders }), count < Self.leaderCount {
            do throws(Thread.Failure) {
                try Thread.start { [weak self, leadership] in
                    while true {
                        leadership.wait()
                        guard let self else { return }
                        self.lead()
                    }
                }
            } catch {
                if count == 0 { throw error }
                return
            }
            state.withLock { $0.leaders += 1 }
        }
    }

    /// Lets what waits be committed. Waits itself only where no thread can be had that leads.
    package func flush() {
        let (isToBeLed, hasLeaders) = state.withLock { state in
            if state.isLed || state.isEmpty { return (false, true) }
            state.isLed = true
            return (true, state.leaders > 0)
        }
        guard isToBeLed else { return }
        if !hasLeaders {
            do throws(Thread.Failure) { try startLeaders() } catch {
                while lead() {}
                return
            }
        }
        leadership.post()
    }

    /// Asks whether a submission could be stored now; returns when the thread that would commit it has tried.
    package func probe() -> LedgerError? {
        let answer = Locked<LedgerError?>(nil)
        let isDone = Semaphore()
        probe { error in
            answer.withLock { $0 = error }
            isDone.post()
        }
        flush()
        isDone.wait()
        return answer.withLock { $0 }
    }

    /// Commits one batch.
    ///
    /// - Returns: Whether more waits that no other thread was told of.
    @discardableResult
    private func lead() -> Bool {
        var batch = takeBatch()
        var commit = batch.submissions.isEmpty ? nil : self.commit(batch.submissions)
        let failure = batch.probes.isEmpty ? nil : probing()
        let (isToBeLed, hasLeaders) = state.withLock { state in
            state.isLed = !state.isEmpty
            return (state.isLed, state.leaders > 0)
        }
        if isToBeLed, hasLeaders { leadership.post() }
        for probe in batch.probes { probe(failure) }
        if let didLeave, var made = commit, made.outcomes.contains(where: \.isOfUnmadeRecord) {
            didLeave(batch.takeLate(outOf: &made))
            commit = made
        }
        if let commit {
            let committed = batch.submissions.indices.map {
                (submission: batch.submissions[$0], outcome: commit.outcomes[$0])
            }
            if !commit.outcomes.allSatisfy(\.isFiled) { willRefuse(committed) }
            for (completion, outcome) in zip(batch.completions, commit.outcomes) { completion(outcome) }
            didCommit(committed, commit)
        }
        return isToBeLed && !hasLeaders
    }

    private func takeBatch() -> Batch {
        state.withLock { state in
            var batch = Batch(submissions: state.submissions, completions: state.completions, probes: state.probes)
            state.probes = []
            if batch.submissions.count <= Self.maximumBatch {
                state.submissions = []
                state.completions = []
            } else {
                batch.submissions = Array(batch.submissions.prefix(Self.maximumBatch))
                batch.completions = Array(batch.completions.prefix(Self.maximumBatch))
                state.submissions.removeFirst(Self.maximumBatch)
                state.completions.removeFirst(Self.maximumBatch)
            }
            return batch
        }
    }
}
