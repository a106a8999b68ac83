import Journal
import System

extension Ledger {
    /// Drops stretches of the journal that nothing needs: all of whose deliveries are in the archive. None is dropped that
    /// the checkpoint has not passed, or that a cursor has not. (I5, I6)
    ///
    /// - Parameter missing: What is known to have been dropped before. Where all of it is noted, those who count need not
    ///   look at each record.
    func dropJournal(
        _ summary: inout ArchiveSummary, _ opened: OpenedDirectory, missing: DroppedStretches
    ) throws(LedgerError) {
        var gone: [Range<Int>] = []
        let cursors = try opened.store.cursorDirectory()?.cursors() ?? [:]
        defer { note(missing.union(DroppedStretches(gone)), opened.store) }
        guard let checkpoint = try opened.journal.state().checkpoint else { return }
        for (stretch, _) in try opened.journal.stretches().dropLast() where stretch.upperBound <= checkpoint {
            if try isNeeded(stretch, opened) { continue }
            let holder = cursors.filter { $0.value.map { $0.position < stretch.upperBound } ?? true }.keys.min()
            if let holder {
                summary.journalFilesHeld[holder, default: 0] += 1
                continue
            }
            let dropped = try locked(again: opened) { (directory) throws(LedgerError) in
                try directory.session.drop(stretch)
            }
            guard let dropped else { continue }
            gone.append(stretch.lowerBound.number..<stretch.upperBound.number)
            summary.journalFilesDropped += 1
            summary.journalBytes += dropped
        }
    }

    /// Notes that all of these stretches is in the archive. It is never an error if that cannot be done.
    private func note(_ dropped: DroppedStretches, _ store: borrowing RecordStore) {
        let directory = dropped.isEmpty ? nil : IndexDirectory.making(in: store)
        guard let directory, let noted = try? DroppedStretches(notedIn: directory), !dropped.isSubset(of: noted) else {
            return
        }
        noted.union(dropped).note(in: directory)
    }

    /// Whether anything in a stretch may be asked for once more. One entry that is needed is enough; damage could be
    /// anything.
    private func isNeeded(_ stretch: Range<Position>, _ opened: OpenedDirectory) throws(LedgerError) -> Bool {
        var isNeeded = false
        try opened.journal.read(from: stretch.lowerBound, upTo: stretch.upperBound) { (chunk) throws(LedgerError) in
            let (entries, damage) = chunk.parsed()
            isNeeded = !damage.isEmpty
            for placed in entries where !isNeeded { isNeeded = try self.isNeeded(placed, opened.store) }
            return !isNeeded
        }
        return isNeeded
    }

    private func isNeeded(_ placed: PlacedEntry, _ store: borrowing RecordStore) throws(LedgerError) -> Bool {
        // What was rejected has its own file, which nothing rebuilds.
        guard let name = InterpretedEntry(placed).name else { return false }
        guard let archived = try store.archived(name)?.record else { return true }
        if case .expectation = placed.entry.content { return false }
        return archived.appliedUpTo.map { $0 < placed.position } ?? true
    }
}
