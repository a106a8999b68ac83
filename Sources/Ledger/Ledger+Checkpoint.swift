import Journal
import System

extension Ledger {
    /// Syncs every record since the last checkpoint and moves the checkpoint past them, so that recovery stays short.
    ///
    /// Holds the lock only to look where the journal ends and to move the checkpoint. On an error the checkpoint
    /// stays where it was.
    package func moveCheckpoint() throws(LedgerError) {
        let opened = try prepared()
        let state = try opened.journal.state()
        guard let end = state.end else { return }
        let start = state.checkpoint
        if let start, start >= end { return }
        // One sync for all; that each record's own data came through is asked below. An fsync of each would say the
        // same, and cost an emptying of the disk's cache each time.
        let isSynced = try opened.store.syncFileSystem()
        let wrong = try unconfirmed(from: start, to: end, opened, isSynced)
        if !wrong.isEmpty {
            let obstructed = try restore(wrong, opened)
            let isSynced = try opened.store.syncFileSystem()
            var stillWrong: [Confirmable] = []
            // What only an operator can judge must not make recovery ever longer: `verify` names it for as long as it
            // is there.
            for item in wrong where !obstructed.contains(item.path) {
                if try !item.isConfirmed(in: opened.store, isSynced) { stillWrong.append(item) }
            }
            if let item = stillWrong.first {
                // An error of the disk is told once only. Written anew, the records are asked again the next time.
                _ = try restore(stillWrong, opened)
                throw .cannotConfirm(path: item.path)
            }
        }
        try opened.store.syncDirectories()
        try locked(again: opened) { (directory) throws(LedgerError) in
            try directory.session.moveCheckpoint(to: end)
        }
        recent?.drop(upTo: end)
    }

    /// A file that must hold what an entry says before the checkpoint may pass that.
    private enum Confirmable {
        case record(RecordName, upTo: Position, expected: RecordDigest?)
        case rejected(RejectedDelivery)

        var path: String {
            switch self {
            case .record(let name, _, _): name.path
            case .rejected(let delivery): "\(DataDirectory.rejectedName)/\(delivery.fileName)"
            }
        }

        /// Whether it is whole, and the last sync of the file system wrote it, if there was one; else it is synced.
        func isConfirmed(in store: borrowing RecordStore, _ isSynced: Bool) throws(LedgerError) -> Bool {
            do throws(LedgerError) {
                switch self {
                case .record(let name, let position, let expected):
                    return try store.confirm(name, upTo: position, expected: expected, isSynced: isSynced)
                case .rejected(let delivery): return try store.confirm(delivery, isSynced: isSynced)
                }
            } catch {
                guard error.isNotWritten || error.concernsOneRecord else { throw error }
                return false
            }
        }
    }

    /// Looks whether what the entries went into is whole and was written.
    ///
    /// - Returns: What does not hold what it should.
    private func unconfirmed(
        from start: Position?, to end: Position, _ opened: OpenedDirectory, _ isSynced: Bool
    ) throws(LedgerError) -> [Confirmable] {
        var wrong: [Confirmable] = []
        if let known = recent?.writes(from: start, to: end) {
            for (name, write) in known.records {
                let item = Confirmable.record(name, upTo: write.upTo, expected: write.digest)
                if try !item.isConfirmed(in: opened.store, isSynced) { wrong.append(item) }
            }
            for item in known.rejected.map(Confirmable.rejected) where try !item.isConfirmed(in: opened.store, isSynced)
            {
                wrong.append(item)
            }
            return wrong
        }
        try opened.journal.read(from: start, upTo: end) { (chunk) throws(LedgerError) in
            for item in Self.confirmables(chunk.entries) where try !item.isConfirmed(in: opened.store, isSynced) {
                wrong.append(item)
            }
            return true
        }
        return wrong
    }

    private static func confirmables(_ entries: [PlacedEntry]) -> [Confirmable] {
        var newest: [RecordName: Position] = [:]
        var items: [Confirmable] = []
        let expected = Materialiser()
        for placed in entries {
            let interpretation = placed.entry.interpretation
            switch (placed.entry.content, interpretation) {
            case (.delivery(let delivery), .some(.rejected(let rejection))):
                items.append(
                    .rejected(RejectedDelivery(delivery: delivery, rejection: rejection, position: placed.position)))
            case (.delivery, .some(.callback(_, let name))):
                newest[name] = placed.position
                // What an entry made from nothing can be told from the entries alone.
                if expected.knows(name) || !placed.entry.updates {
                    _ = expected.apply(placed.entry.content, interpretation: interpretation, at: placed.position)
                }
            case (.expectation(let expectation), _) where !placed.entry.updates:
                guard let name = RecordName(trxid: expectation.trxid) else { continue }
                newest[name] = placed.position
                _ = expected.apply(placed.entry.content, interpretation: nil, at: placed.position)
            // An expectation changes no record that is there already, so the record need not show it.
            default: continue
            }
        }
        let records = expected.records
        return items
            + newest.map { .record($0.key, upTo: $0.value, expected: records[$0.key].map { RecordDigest($0.json) }) }
    }

    /// Writes anew what somebody deleted or edited since it was written, or what the disk failed to take.
    ///
    /// - Returns: The paths of the records that something lies in the way of.
    private func restore(_ items: [Confirmable], _ opened: OpenedDirectory) throws(LedgerError) -> Set<String> {
        try locked(again: opened) { (directory) throws(LedgerError) in
            var obstructed: Set<String> = []
            var lost: Set<RecordName> = []
            for item in items {
                switch item {
                case .rejected(let delivery): try opened.store.rewrite(delivery)
                case .record(let name, let position, _):
                    if case .record(let record) = try opened.store.remains(of: name), let applied = record.appliedUpTo,
                        applied >= position
                    {
                        try opened.store.write(record.json, name)
                    } else {
                        lost.insert(name)
                    }
                }
            }
            if lost.isEmpty { return obstructed }
            for (name, record) in try directory.rebuild(lost) {
                do throws(LedgerError) {
                    try opened.store.write(record.json, name)
                } catch {
                    guard error.concernsOneRecord else { throw error }
                    obstructed.insert(name.path)
                }
            }
            return obstructed
        }
    }
}
