import Cluster
import Journal
import System

/// A journal in memory: what is in it survives a crash.
final class MemoryJournal: MemberJournal {
    /// Its batches, in order.
    var batches: [(nonce: String, mark: AgreementMark)] = []
    var isFull = false
    /// The next append is done, and says that it failed.
    var failsLate = false

    var mark: AgreementMark { batches.last?.mark ?? AgreementMark() }

    func state() throws(LedgerError) -> (mark: AgreementMark, next: Position) {
        (mark, Position(batches.count + 1))
    }

    func append(_ new: [AgreedBatch], at start: Position, marks: [AgreementMark]) throws(LedgerError) {
        if isFull { throw .lockTimedOut(seconds: 1) }
        guard start.number == batches.count + 1 else { throw .outOfStep(reason: "place") }
        for (batch, mark) in zip(new, marks) { batches.append((batch.nonce, mark)) }
        if failsLate {
            failsLate = false
            throw .lockTimedOut(seconds: 1)
        }
    }

    func copy() -> MemoryJournal {
        let copy = MemoryJournal()
        copy.batches = batches
        return copy
    }
}
