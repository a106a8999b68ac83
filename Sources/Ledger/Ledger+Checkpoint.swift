import KHOINSCallback

extension Ledger {
    /// Syncs every record since the last checkpoint and moves the checkpoint past them, so that recovery stays short.
    ///
    /// Holds the lock only to look where the journal ends and to move the checkpoint. On an error the checkpoint
    /// stays where it was.
    package func moveCheckpoint() throws(LedgerError) {
        let end = try locked { (parts) throws(LedgerError) in parts.journal.end }
        guard let end else { return }
        let parts = try openParts()
        let start = try parts.journal.reader.checkpoint()
        if let start, start >= end { return }
        // One sync for all; that each record's own data came through is asked below. An fsync of each would say the
        // same, and cost an emptying of the disk's cache each time.
        try parts.store.syncFileSystem()
        var wrong: Set<RecordName> = []
        try parts.journal.reader.read(from: start, upTo: end) { (lines) throws(LedgerError) in
            wrong.formUnion(try confirm(lines.entries, parts))
        }
        if !wrong.isEmpty {
            try restore(wrong)
            try parts.store.syncFileSystem()
        }
        try parts.store.syncDirectories()
        try locked { (parts) throws(LedgerError) in try parts.journal.moveCheckpoint(to: end) }
    }

    /// Looks whether what the entries went into is whole and was written.
    ///
    /// - Returns: The records that do not hold what they should.
    private func confirm(_ entries: [PlacedEntry], _ parts: Parts) throws(LedgerError) -> Set<RecordName> {
        var newest: [RecordName: Position] = [:]
        let expected = Materialiser()
        for placed in entries {
            let reading = placed.entry.reading
            switch (placed.entry.content, reading) {
            case (.delivery(let delivery), .some(.rejected(let rejection))):
                let rejected = RejectedDelivery(
                    delivery: delivery, rejection: rejection, position: placed.position)
                if try !parts.store.confirm(rejected) {
                    try parts.store.write(rejected)
                    try parts.store.syncFileSystem()
                    _ = try parts.store.confirm(rejected)
                }
            case (.delivery, .some(.callback(_, let name))):
                newest[name] = placed.position
                // What an entry made from nothing can be told from the entries alone.
                if expected.knows(name) || !placed.entry.updates {
                    _ = expected.apply(placed.entry.content, reading: reading, at: placed.position)
                }
            // An expectation changes no record that is there already, so the record need not show it.
            default: continue
            }
        }
        var wrong: Set<RecordName> = []
        let records = expected.records
        for (name, position) in newest
        where try !parts.store.confirm(name, upTo: position, expected: records[name]) {
            wrong.insert(name)
        }
        return wrong
    }

    /// Rebuilds records that somebody deleted or edited since they were written.
    private func restore(_ names: Set<RecordName>) throws(LedgerError) {
        try locked { (parts) throws(LedgerError) in
            guard let end = parts.journal.end else { return }
            for (name, record) in try rebuild(names, before: end, parts) {
                try parts.store.write(record, name)
            }
        }
    }
}
