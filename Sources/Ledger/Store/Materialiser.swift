import Journal
import KHOINS
import System

/// A record that was put in its place, with the newest entry that it has taken in.
package typealias WrittenRecord = (name: RecordName, upTo: Position, digest: RecordDigest)

/// Turns entries into records: folds any number of them in memory, then writes each changed record once.
final class Materialiser {
    private var drafts = RecordDrafts()
    /// The records that were changed and not written since, in the order in which they first changed.
    var changed: [RecordDraft] = []
    private(set) var rejected: [RejectedDelivery] = []
    /// Why the file of a rejected delivery could not be written, if something lies in its way.
    var rejectedFailure: LedgerError?

    /// What `write` has written.
    var written: [WrittenRecord] {
        drafts.all.compactMap { draft in
            guard let position = draft.appliedUpTo, let digest = draft.digest else { return nil }
            return (draft.name, position, digest)
        }
    }

    /// The records that `write` has put in their places.
    var writtenDrafts: [RecordDraft] { drafts.all.filter { $0.digest != nil } }

    func knows(_ name: RecordName) -> Bool { drafts[name] != nil }

    /// The records as they are now.
    var records: [RecordName: Record] { drafts.all.reduce(into: [:]) { $0[$1.name] = $1.record } }

    /// The newest entry that any of the records has taken in.
    var appliedUpTo: Position? {
        var newest: Position?
        for draft in drafts.all {
            if let position = draft.appliedUpTo { newest = max(newest ?? position, position) }
        }
        return newest
    }

    /// Gives the record that entries are to be applied to. With `isRebuilt`, it is written even if nothing changes it.
    @discardableResult
    func begin(_ name: RecordName, with record: Record?, isRebuilt: Bool = false) -> RecordDraft {
        let draft = RecordDraft(name, record)
        drafts.insert(draft)
        if isRebuilt { change(draft) }
        return draft
    }

    /// The record of that name, if it has begun.
    func draft(of name: RecordName) -> RecordDraft? { drafts[name] }

    /// The record of that name; where it has not begun, it begins with its base.
    func draft(
        of name: RecordName, beginningWith base: (RecordName) throws(LedgerError) -> Record?
    ) throws(LedgerError) -> RecordDraft {
        try drafts.draft(of: name) { () throws(LedgerError) in RecordDraft(name, try base(name)) }
    }

    private func change(_ draft: RecordDraft) {
        if draft.isChanged { return }
        draft.isChanged = true
        changed.append(draft)
    }

    /// Applies an entry that was read to its record, as below.
    @discardableResult
    func apply(_ entry: InterpretedEntry, to draft: RecordDraft? = nil) -> Outcome {
        apply(entry.placed.entry.content, interpretation: entry.interpretation, at: entry.placed.position, to: draft)
    }

    /// Applies an entry to its record: to `draft`, or to the one that `begin` has given, or to a new one.
    func apply(
        _ content: JournalEntry.Content, interpretation: Interpretation?, at position: Position,
        to draft: RecordDraft? = nil
    ) -> Outcome {
        switch content {
        case .expectation(let expectation):
            guard let name = RecordName(trxid: expectation.trxid) else { return .rejected(.nameTooLong) }
            let change = update(draft, name) { Record.apply(expectation, at: position, to: &$0) }
            return .filed(trxid: expectation.trxid, memberid: nil, change: change)
        case .delivery(let delivery):
            switch interpretation ?? Interpretation(delivery) {
            case .rejected(let rejection):
                rejected.append(RejectedDelivery(delivery: delivery, rejection: rejection, position: position))
                return .rejected(rejection)
            case .callback(let callback, let name):
                let change = update(draft, name) {
                    Record.apply(delivery, interpretation: callback, at: position, to: &$0)
                }
                return .filed(trxid: callback.trxid, memberid: callback.memberid, change: change)
            }
        }
    }

    private func update(
        _ draft: RecordDraft?, _ name: RecordName, _ fold: (inout Record?) -> Change
    ) -> Change {
        let draft = draft ?? drafts[name] ?? begin(name, with: nil)
        let change = draft.fold(fold)
        if change != .none { self.change(draft) }
        return change
    }
}
