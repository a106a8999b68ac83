import Journal
import System

extension Ledger {
    /// Makes durable what a dead process left behind in the journal. Needs the lock.
    ///
    /// On an error the gap is as it was, or, after one that leaves doubt, its entries are taken back and their file is
    /// given up; they were acknowledged to nobody.
    ///
    /// - Returns: Its entries, which may or may not be in their records yet.
    package func close(_ gap: Range<Int>, _ parts: Parts) throws(LedgerError) -> [PlacedEntry] {
        do throws(LedgerError) {
            return try parts.journal.closeGap(gap)
        } catch {
            if error.leavesDoubt { try takeBack(gap, parts) }
            throw error
        }
    }

    /// Brings records back to what they were before the entries of a gap, and gives the journal file up from there on.
    /// If that is interrupted, the gap is still there.
    private func takeBack(_ gap: Range<Int>, _ parts: Parts) throws(LedgerError) {
        guard let start = parts.journal.end else { return }
        var holders: [RecordName: Record] = [:]
        for placed in try parts.journal.entries(in: gap) {
            let reading = placed.entry.reading
            if case .delivery(let delivery) = placed.entry.content, case .rejected(let rejection) = reading {
                try parts.store.remove(
                    RejectedDelivery(delivery: delivery, rejection: rejection, position: placed.position))
            } else if let name = placed.entry.content.recordName(reading: reading),
                case .record(let record) = try parts.store.remains(of: name), let applied = record.appliedUpTo,
                applied >= start
            {
                holders[name] = record
            }
        }
        let earlier = try rebuild(Set(holders.keys), before: start, parts)
        for (name, holder) in holders {
            guard let record = earlier[name] else {
                // What is older than the gap and in no journal file any more is nowhere else.
                if holder.begins(atOrAfter: start) { try parts.store.remove(name) }
                continue
            }
            try parts.store.write(record.json, name)
        }
        try parts.journal.abandon()
    }
}
