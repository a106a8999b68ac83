import Journal
import System

extension Ledger {
    /// Drops journal files that nothing needs: all of whose deliveries are in the archive. None is dropped that the
    /// checkpoint has not passed, or that a cursor has not.
    func dropJournalFiles(_ summary: inout ArchiveSummary) throws(LedgerError) {
        let parts = try openParts()
        let reader = parts.journal.reader
        guard let checkpoint = try reader.checkpoint() else { return }
        let cursors = try parts.store.cursorDirectory()?.oldestNeeded() ?? [:]
        let names = try reader.names()
        var kept = Set(names)
        for (index, name) in names.enumerated() where name < checkpoint.file {
            let next = index + 1 < names.count ? names[index + 1] : nil
            if try isNeeded(name, before: next, kept: kept, parts) { continue }
            let holder = cursors.filter { $0.value.map { $0 <= name } ?? true }.keys.min()
            if let holder {
                summary.journalFilesHeld[holder, default: 0] += 1
                continue
            }
            let length = try JournalFile(opening: name, in: reader.directory)?.length() ?? 0
            // One at a time: what a file says about the one before it must not be gone before that one.
            try locked { (parts) throws(LedgerError) in
                try parts.journal.reader.directory.removeIfPresent(name.description)
                try parts.journal.reader.directory.sync()
            }
            kept.remove(name)
            summary.journalFilesDropped += 1
            summary.journalBytes += length
        }
    }

    /// Whether anything in a journal file may be asked for once more. One entry that is needed is enough; damage could
    /// be anything.
    ///
    /// - Parameter kept: The journal files that stay, as far as that is known.
    private func isNeeded(
        _ name: JournalFileName, before next: JournalFileName?, kept: Set<JournalFileName>, _ parts: Parts
    ) throws(LedgerError) -> Bool {
        guard let file = try JournalFile(opening: name, in: parts.journal.reader.directory),
            var length = try file.length()
        else { return false }
        if let next, let abandoned = try parts.journal.reader.abandonment(in: next), abandoned.file == name {
            length = min(length, abandoned.offset)
        }
        for line in JournalScan(try file.read(0..<length), at: Position(file: name, offset: 0)) {
            guard case .entry(let entry, let position, _) = line else { return true }
            if case .abandonment(let abandoned) = entry.content {
                if kept.contains(abandoned.file) { return true }
                continue
            }
            // What was rejected has its own file, which nothing rebuilds.
            guard let record = entry.content.recordName(reading: entry.reading) else { continue }
            guard let archived = try parts.store.archived(record)?.record else { return true }
            if case .expectation = entry.content { continue }
            guard let applied = archived.appliedUpTo, applied >= position else { return true }
        }
        return false
    }
}
