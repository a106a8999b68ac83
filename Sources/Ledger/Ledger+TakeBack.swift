extension Ledger {
    /// Takes a batch back that is in the journal, and whose records found no room: as if it had not come, so that its
    /// senders' `503` is true. Needs the lock.
    ///
    /// Where this throws, or the process dies in it, the batch's entries still stand behind the acknowledged end, and the
    /// next holder of the lock files them: late, and counted once more when the sender repeats, but never lost.
    ///
    /// - Parameter start: Where the batch begins in the journal.
    func takeBack(_ materialiser: Materialiser, from start: Position, _ parts: Parts) throws(LedgerError) {
        let written = materialiser.writtenNames
        let earlier = try rebuild(Set(written.filter { !$0.isNew }.map(\.name)), before: start, parts)
        for rejected in materialiser.rejected { try parts.store.remove(rejected) }
        for (name, isNew) in written {
            if isNew {
                try parts.store.remove(name)
            } else if let record = earlier[name] {
                try parts.store.write(record.json, name)
            } else {
                throw .cannotRebuild(path: name.path)
            }
        }
        // No record may come back after a power cut with an entry that the journal does not have: a position is used
        // again.
        if !written.isEmpty || !materialiser.rejected.isEmpty { try parts.store.syncFileSystem() }
        try parts.journal.takeBack(to: start)
    }
}
