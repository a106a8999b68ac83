import Journal
import System

extension Ledger {
    /// Replays the journal from the last checkpoint: after a restart of the machine, any record since then may be lost
    /// or torn. Needs the lock.
    func recover(_ parts: Parts) throws(LedgerError) {
        try parts.journal.leaveAbandonedFile()
        let checkpoint = try parts.journal.reader.checkpoint()
        if checkpoint == nil { try parts.journal.removeCheckpoint() }
        // The machine need not have restarted: what a killed process wrote may be in memory only.
        try parts.journal.syncFiles(from: checkpoint)
        var replay = Replay()
        // One for both: with two threads, as many as cheap hosts have processors, neither waits for a third.
        let worker = Worker()
        let end = try parts.journal.reader.readAhead(
            from: checkpoint, by: worker, then: { ReplayPiece($0.entries) }
        ) { (piece) throws(LedgerError) in
            try parts.store.lookingForArchiveOnce { () throws(LedgerError) in
                try replay.take(piece, parts.store, with: worker)
            }
        }
        try restore(replay.lost, before: nil, parts)
        if let end { try parts.journal.adopt(end) }
    }

    /// Applies entries of a process that died, to records that were right before it. Needs the lock.
    func materialise(_ entries: [PlacedEntry], _ parts: Parts) throws(LedgerError) {
        var replay = Replay()
        try replay.take(ReplayPiece(entries.map { ReadEntry($0) }), parts.store)
        try restore(replay.lost, before: parts.journal.end, parts)
    }

    /// Makes records anew, some thousands at a time.
    private func restore(_ names: Set<RecordName>, before end: Position?, _ parts: Parts) throws(LedgerError) {
        var rest = Array(names)[...]
        while !rest.isEmpty {
            let materialiser = Materialiser()
            for (name, record) in try rebuild(Set(rest.prefix(Self.recordsPerRebuild)), before: end, parts) {
                materialiser.begin(name, with: record, isRebuilt: true)
            }
            _ = try materialiser.write(to: parts.store)
            rest = rest.dropFirst(Self.recordsPerRebuild)
        }
    }

    /// Records that are made anew in memory at a time; more than that, and the journal is read several times.
    private static let recordsPerRebuild = 32_768

    /// Folds records anew from all of the journal before `end`, each on top of what the archive has of it; linear in the
    /// journal.
    func rebuild(
        _ names: Set<RecordName>, before end: Position?, _ parts: Parts
    ) throws(LedgerError) -> [RecordName: Record] {
        let bases = try names.map { (name) throws(LedgerError) in (name, try parts.store.archived(name)?.record) }
        let records = Dictionary(uniqueKeysWithValues: bases).compactMapValues { $0 }
        // With a base for each, nothing before the oldest of them is needed.
        let start = records.count == names.count ? records.values.compactMap(\.appliedUpTo).min() : nil
        let folded = try parts.journal.reader.fold(from: start, upTo: end) { (name) in
            records[name]
        } _: {
            names.contains($0)
        }
        return records.merging(folded) { $1 }
    }
}
