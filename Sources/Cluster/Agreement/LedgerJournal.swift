import Journal
import Ledger
import System

/// The data directory of a member, as the agreement sees it.
package final class LedgerJournal: MemberJournal {
    private let ledger: Ledger
    private let didAppend: (Ledger.Commit) -> Void
    private var own: (nonce: String, submissions: [Submission])?
    /// What became of the own batch, once it is applied.
    package private(set) var outcomes: [CommitResult]?

    /// - Parameter didAppend: Called with each commit that was appended.
    package init(_ ledger: Ledger, didAppend: @escaping (Ledger.Commit) -> Void = { _ in }) {
        self.ledger = ledger
        self.didAppend = didAppend
    }

    /// Remembers what the batch of this nonce was made from, so that it need not be read again.
    package func expect(_ submissions: [Submission], nonce: String) {
        own = (nonce, submissions)
        outcomes = nil
    }

    package func probe() -> LedgerError? { ledger.probe() }

    package func state() throws(LedgerError) -> (mark: AgreementMark, next: Position) {
        guard let state = try ledger.memberState() else {
            throw .notAgreed(reason: "the data directory is in no cluster any more")
        }
        return (state.mark, state.next)
    }

    package func append(
        _ batches: [AgreedBatch], at start: Position, marks: [AgreementMark]
    ) throws(LedgerError) {
        var submissions: [Submission] = []
        var ends: [Int: AgreementMark] = [:]
        var ownRange: Range<Int>?
        for (batch, mark) in zip(batches, marks) {
            if let own, own.nonce == batch.nonce {
                ownRange = submissions.count..<(submissions.count + own.submissions.count)
                submissions += own.submissions
            } else {
                do throws(AgreedBatch.Fault) {
                    submissions += try batch.entries().map { Submission($0) }
                } catch {
                    throw Member.error(of: error, in: "batch \(batch.number) of \(batch.member)")
                }
            }
            ends[submissions.count - 1] = mark
        }
        let commit = ledger.commit(submissions, agreed: Agreement(start: start, marks: ends))
        guard commit.end != nil else {
            for case .failure(let error) in commit.outcomes { throw error }
            throw .outOfStep(reason: "an agreed batch had no entry")
        }
        if let ownRange {
            outcomes = Array(commit.outcomes[ownRange])
            own = nil
        }
        didAppend(commit)
    }
}
