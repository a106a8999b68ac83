import Journal
import System

extension Ledger {
    /// Seconds of recovery after which the checkpoint moves past what was found right: whoever is killed then has not
    /// worked for nothing.
    private static let recoveryTurn = 1

    /// Syncs every record since the last checkpoint and moves the checkpoint past them, so that recovery stays short. What
    /// recovery has left to do is done first.
    ///
    /// Holds the lock only to compare a few records at a time, to look where the journal ends and to move the checkpoint. On
    /// an error the checkpoint stays where it was.
    ///
    /// - Parameter seconds: Ends about then with the checkpoint somewhere on the way, or when another process is found at the
    ///   same recovery.
    /// - Returns: Whether nothing is left to be done by this process.
    @discardableResult
    package func moveCheckpoint(within seconds: Int? = nil) throws(LedgerError) -> Bool {
        let opened = try watchedWrites()
        let deadline = seconds.map { Deadline(seconds: $0) }
        if try opened.journal.state().isUnread {
            try locked(again: opened) { (directory) throws(LedgerError) in try directory.session.retryUnread() }
        }
        repeat {
            let progress = try catchUp(opened, within: Self.recoveryTurn, yields: deadline != nil)
            if progress == .foreign { return true }
            if try passRecords(opened, until: deadline), progress == .done { return true }
        } while !(deadline?.hasPassed ?? false)
        return false
    }

    /// Watches from now on whether the disk refuses a record: of those that it would be told of, `moveCheckpoint` does not ask
    /// the disk what it has.
    package func watchWrites() throws(LedgerError) { _ = try watchedWrites() }

    private func watchedWrites() throws(LedgerError) -> OpenedDirectory {
        let opened = try ordered()
        if let end = try opened.journal.state().end { opened.store.watchWrites(from: end) }
        return opened
    }

    /// Moves the checkpoint past records that nothing is known against.
    ///
    /// - Returns: Whether it has passed all of them.
    private func passRecords(_ opened: OpenedDirectory, until deadline: Deadline?) throws(LedgerError) -> Bool {
        let state = try opened.journal.state()
        guard state.end != nil, let proven = state.proven else { return true }
        var end = proven
        var isUnread = false
        let start = state.checkpoint
        if start.map({ $0 < end }) ?? true {
            // One sync for all; that each record's own data came through is asked below. An fsync of each would say the
            // same, and cost an emptying of the disk's cache each time.
            let isSynced = try opened.store.syncFileSystem()
            let looked = try unconfirmed(from: start, to: end, opened, isSynced, until: deadline)
            (end, isUnread) = (looked.end, looked.isUnread)
            if !looked.wrong.isEmpty { try mend(looked.wrong, opened) }
            try opened.store.syncDirectories()
        } else if !isRecoveryDue {
            return true
        }
        try locked(again: opened) { (directory) throws(LedgerError) in
            if isUnread { try directory.session.leaveUnread(from: end, upTo: proven) }
            try directory.session.moveCheckpoint(to: end)
        }
        recent?.drop(upTo: end)
        if end == proven { opened.store.watch.passed() }
        return end == proven || isUnread
    }

    /// Writes anew what is wrong, and throws if it is wrong all the same.
    private func mend(_ wrong: [Confirmable], _ opened: OpenedDirectory) throws(LedgerError) {
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

        /// Checked from the first step to the last.
        func isConfirmed(in store: borrowing RecordStore, _ isSynced: Bool) throws(LedgerError) -> Bool {
            try isConfirmed(begin(in: store, isSynced), in: store, isSynced)
        }

        /// Begins to look at it; see `beginConfirming`.
        func begin(in store: borrowing RecordStore, _ isSynced: Bool) throws(LedgerError) -> RecordStore.Confirming {
            guard case .record(let name, let position, _) = self else { return .missing }
            do throws(LedgerError) {
                return try store.beginConfirming(name, upTo: position, isSynced: isSynced)
            } catch {
                guard error.isNotWritten || error.concernsOneRecord else { throw error }
                return .unreadable
            }
        }

        /// Whether it is whole, and the last sync of the file system wrote it, if there was one; else it is synced.
        func isConfirmed(
            _ begun: RecordStore.Confirming, in store: borrowing RecordStore, _ isSynced: Bool
        ) throws(LedgerError) -> Bool {
            do throws(LedgerError) {
                switch self {
                case .record(let name, let position, let expected):
                    return try store.confirm(name, begun, upTo: position, expected: expected)
                case .rejected(let delivery): return try store.confirm(delivery, isSynced: isSynced)
                }
            } catch {
                guard error.isNotWritten || error.concernsOneRecord else { throw error }
                return false
            }
        }
    }

    /// Files that the disk is asked for at a time, each with a descriptor: it can go on with the next while the first is
    /// compared.
    private static let filesPerLook = 32

    /// Entries whose records are looked at between two looks at the time.
    private static let entriesPerLook = 64

    /// Looks whether what the entries went into is whole and was written.
    ///
    /// - Returns: What does not hold what it should, up to where it was looked at, and whether more could not be read.
    private func unconfirmed(
        from start: Position?, to end: Position, _ opened: OpenedDirectory, _ isSynced: Bool, until deadline: Deadline?
    ) throws(LedgerError) -> (wrong: [Confirmable], end: Position, isUnread: Bool) {
        var wrong: [Confirmable] = []
        func look(at items: [Confirmable]) throws(LedgerError) {
            var rest = items[...]
            while !rest.isEmpty {
                let group = rest.prefix(Self.filesPerLook)
                rest = rest.dropFirst(group.count)
                var begun: [RecordStore.Confirming] = []
                for item in group { begun.append(try item.begin(in: opened.store, isSynced)) }
                for (item, begun) in zip(group, begun) where try !item.isConfirmed(begun, in: opened.store, isSynced) {
                    wrong.append(item)
                }
            }
        }
        if let known = recent?.writes(from: start, to: end) {
            for part in known {
                try look(at: part.records.map { .record($0.key, upTo: $0.value.upTo, expected: $0.value.digest) })
                try look(at: part.rejected.map { .rejected($0) })
            }
            return (wrong, end, false)
        }
        var seen = start ?? .first
        var (isLate, isUnread) = (false, false)
        try opened.journal.read(from: start, upTo: end) { (chunk) throws(LedgerError) in
            if !chunk.isRead, try !opened.journal.isLongPast(seen) {
                isUnread = true
                return false
            }
            var rest = chunk.entries[...]
            while let last = rest.prefix(deadline == nil ? rest.count : Self.entriesPerLook).last {
                let entries = rest.prefix { $0.position <= last.position }
                rest = rest.dropFirst(entries.count)
                try look(at: Self.confirmables(entries))
                seen = last.position.next
                isLate = deadline?.hasPassed ?? false
                if isLate { return false }
            }
            return true
        }
        return (wrong, isLate || isUnread ? seen : end, isUnread)
    }

    private static func confirmables(_ entries: ArraySlice<PlacedEntry>) -> [Confirmable] {
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
        var obstructed: Set<String> = []
        let lost = try locked(again: opened) { (directory) throws(LedgerError) in
            var lost: Set<RecordName> = []
            for item in items {
                switch item {
                case .rejected(let delivery):
                    do throws(LedgerError) {
                        try directory.store.rewrite(delivery)
                    } catch {
                        guard error.concernsOneRecord else { throw error }
                        obstructed.insert(item.path)
                    }
                case .record(let name, let position, _):
                    if case .record(let record) = try directory.store.remains(of: name),
                        let applied = record.appliedUpTo, applied >= position
                    {
                        try directory.store.write(record.json, name)
                    } else {
                        lost.insert(name)
                    }
                }
            }
            return lost
        }
        if !lost.isEmpty { obstructed.formUnion(try remake(lost, opened).failures.keys.map(\.path)) }
        return obstructed
    }
}
