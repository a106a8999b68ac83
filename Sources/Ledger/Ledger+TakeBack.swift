import Journal
import System

extension LockedDirectory {
    /// Takes a batch back that is in the journal, and whose records found no room: as if it had not come, so that its
    /// senders' `503` is true.
    ///
    /// Where this throws, or the process dies in it, the batch's entries still stand behind the acknowledged end, and the
    /// next holder of the lock files them: late, and counted once more when the sender repeats, but never lost.
    mutating func takeBack(_ materialiser: Materialiser) throws(LedgerError) {
        let written = materialiser.writtenDrafts
        for rejected in materialiser.rejected { try store.remove(rejected) }
        for draft in written {
            if let base = draft.base { try store.write(base.json, draft.name) } else { try store.remove(draft.name) }
        }
        // No record may come back after a power cut with an entry that the journal does not have: its number is used
        // again.
        if !written.isEmpty || !materialiser.rejected.isEmpty { try store.sync(written.map(\.name)) }
        try session.takeBack()
    }

    /// Brings records back to what they were before entries that the disk did not take. If that is interrupted, they are
    /// still there.
    mutating func takeBack(_ entries: [PlacedEntry]) throws(LedgerError) {
        if let start = entries.first?.position {
            var holders: [RecordName: Record] = [:]
            for entry in entries.map({ InterpretedEntry($0) }) {
                if case .delivery(let delivery) = entry.placed.entry.content,
                    case .rejected(let rejection) = entry.interpretation
                {
                    try store.remove(
                        RejectedDelivery(delivery: delivery, rejection: rejection, position: entry.placed.position))
                } else if let name = entry.name, case .record(let record) = try store.remains(of: name),
                    let applied = record.appliedUpTo, applied >= start
                {
                    holders[name] = record
                }
            }
            let earlier = try opened.rebuild(Set(holders.keys), before: start)
            for (name, holder) in holders {
                guard let record = earlier[name] else {
                    // What is older than these entries and in no journal file any more is nowhere else.
                    if holder.begins(atOrAfter: start) { try store.remove(name) }
                    continue
                }
                try store.write(record.json, name)
            }
        }
        try session.takeBack()
    }
}
