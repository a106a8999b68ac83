import Journal
import System

extension LockedDirectory {
    /// Records that are made anew in memory at a time; more than that, and the journal is read several times.
    private static let recordsPerRebuild = 32_768

    /// Replays the journal from the last checkpoint: after a restart of the machine, any record since then may be lost
    /// or torn. (I4)
    func recover(from checkpoint: Position?) throws(LedgerError) {
        var replay = Replay()
        // One for both: with two threads, as many as cheap hosts have processors, neither waits for a third.
        let worker = Worker()
        try opened.journal.readAhead(from: checkpoint, by: worker, then: { ReplayPiece($0) }) {
            (piece, _) throws(LedgerError) in
            try store.lookingForArchiveOnce { () throws(LedgerError) in try replay.take(piece, store, with: worker) }
        }
        try restore(replay.lost)
    }

    /// Applies entries of a process that died, to records that were right before it. (I3)
    func materialise(_ entries: [PlacedEntry]) throws(LedgerError) {
        var replay = Replay()
        try replay.take(ReplayPiece(entries.map { InterpretedEntry($0) }), store)
        try restore(replay.lost)
    }

    /// Makes records anew, some thousands at a time.
    private func restore(_ names: Set<RecordName>) throws(LedgerError) {
        var rest = Array(names)[...]
        while !rest.isEmpty {
            let materialiser = Materialiser()
            for (name, record) in try rebuild(Set(rest.prefix(Self.recordsPerRebuild))) {
                materialiser.begin(name, with: record, isRebuilt: true)
            }
            _ = try materialiser.write(to: store)
            rest = rest.dropFirst(Self.recordsPerRebuild)
        }
    }

    /// Folds records anew from all of the journal, or all of it before `end`, each on top of what the archive has of it;
    /// linear in the journal.
    func rebuild(_ names: Set<RecordName>, before end: Position? = nil) throws(LedgerError) -> [RecordName: Record] {
        let bases = try names.map { (name) throws(LedgerError) in (name, try store.archived(name)?.record) }
        let records = Dictionary(uniqueKeysWithValues: bases).compactMapValues { $0 }
        // With a base for each, nothing before the oldest of them is needed.
        let start = records.count == names.count ? records.values.compactMap(\.appliedUpTo).min() : nil
        let folded = try opened.journal.fold(from: start, upTo: end) { (name) in
            records[name]
        } _: {
            names.contains($0)
        }
        return records.merging(folded) { $1 }
    }
}
