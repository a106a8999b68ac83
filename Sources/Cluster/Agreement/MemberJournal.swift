import Journal
import System

/// Where a member puts what was agreed.
package protocol MemberJournal: AnyObject {
    /// How far the journal is, and the number of its next entry.
    func state() throws(LedgerError) -> (mark: AgreementMark, next: Position)

    /// Appends batches, all or none, with the marks that end them; on return they are durable and in their records.
    func append(_ batches: [AgreedBatch], at start: Position, marks: [AgreementMark]) throws(LedgerError)
}
