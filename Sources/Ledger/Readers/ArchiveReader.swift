import System

/// The archive for those who go through all of it: listing, counting, verifying. Changes nothing.
package struct ArchiveReader: ~Copyable {
    private let store: RecordStore
    private let unread = Unread()

    /// What could not be read so far, below the data directory.
    package var unreadable: Set<String> { unread.paths.union(store.unreadableArchive) }

    /// - Parameter path: A data directory that is there; it need not have an archive.
    package init(path: String) throws(LedgerError) {
        let snapshot = try Snapshot(lookingAt: path)
        store = snapshot.store
    }

    /// The archive's directory; `nil` where there is none. What lies there instead, or cannot be opened, is named as what
    /// could not be read, and keeps nobody from the other records.
    private func directory() throws(LedgerError) -> Directory? {
        do throws(LedgerError) { return try store.rootDirectory(ArchiveMonth.directoryName) } catch {
            guard store.directories.root.isOfFile(error) else { throw error }
            unread.paths.insert(ArchiveMonth.directoryName)
            return nil
        }
    }

    /// Whether there is a directory that can be opened.
    func isThere() throws(LedgerError) -> Bool { try directory() != nil }

    /// Whether, as far as was looked, nothing else lies in its place.
    var isOpenable: Bool { !unread.paths.contains(ArchiveMonth.directoryName) }

    /// The months that there are files of, in order.
    package func months() throws(LedgerError) -> [ArchiveMonth] {
        guard let directory = try directory() else { return [] }
        return try directory.archiveMonths()
    }

    /// Hands over the archived records of a month in the order in which they were archived, one at a time, until `take`
    /// says `false`. A record that was archived again later is left out.
    ///
    /// - Parameter revivedToo: One that has become live again is handed over as it is now, instead of left out.
    package func records(
        of month: ArchiveMonth, revivedToo: Bool = false,
        _ take: (RecordName, Record) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        guard let directory = try directory(),
            let file = try ArchiveFile(month, in: directory)
        else { return }
        try file.read { (piece) throws(LedgerError) in
            guard case .line(let bytes, let name, let offset) = piece, let line = ArchiveLine(bytes),
                let newest = try store.archived(name),
                newest.location == ArchiveLocation(month: month, offset: offset)
            else { return true }
            switch try store.remains(of: name, inArchiveToo: false) {
            case .missing: return try take(name, line.record)
            case .record(let record) where revivedToo: return try take(name, record)
            case .record, .damaged: return true
            }
        }
        note(file)
    }

    private func note(_ file: ArchiveFile) {
        if file.isUnreadable { unread.paths.insert(file.month.path) }
    }

    /// What is wrong with the archive's files: stretches that are no whole line, and an index that is not what the files
    /// make of it.
    package func findings() throws(LedgerError) -> [Finding] {
        guard let directory = try directory() else {
            return unread.paths.sorted().map {
                Finding(
                    kind: .archive, path: $0,
                    detail: "it is no directory, or cannot be opened; no record was looked at")
            }
        }
        var findings: [Finding] = []
        for month in try directory.archiveMonths() {
            guard let file = try ArchiveFile(month, in: directory) else { continue }
            try file.read { (piece) in
                let damage: (offset: Int, length: Int)
                switch piece {
                case .damage(let offset, let length): damage = (offset, length)
                case .line(let bytes, _, let offset):
                    if ArchiveLine(bytes) != nil { return true }
                    damage = (offset, bytes.count)
                }
                findings.append(
                    Finding(
                        kind: .archive, path: month.path,
                        detail: "\(damage.length) bytes from \(damage.offset) on are no whole line"))
                return true
            }
            note(file)
            if file.isUnreadable {
                findings.append(
                    Finding(kind: .archive, path: month.path, detail: "it cannot be read, or not all of it"))
            }
        }
        if try !isIndexRight(directory) {
            findings.append(
                Finding(
                    kind: .archive, path: "\(ArchiveMonth.directoryName)/\(ArchiveIndex.fileName)",
                    detail: "the index is not what the archive's files make of it"))
        }
        return findings
    }

    private func isIndexRight(_ directory: borrowing Directory) throws(LedgerError) -> Bool {
        guard try directory.isFile(ArchiveIndex.fileName) != nil else { return try areAllLive(directory) }
        var made = try ArchiveIndex(readingFilesIn: directory)
        do throws(LedgerError) {
            guard let stored = try ArchiveIndexFile(in: directory)?.index() else { return false }
            // What stands behind the index's end was left by a run that died: its records are still live.
            made.limit(to: stored.covered)
            // Of what cannot be read nobody can say.
            return made.entries.filter { !made.unreadable.contains($0.location.month) }
                == stored.entries.filter { !made.unreadable.contains($0.location.month) }
        } catch {
            guard directory.isOfFile(error) else { throw error }
            return false
        }
    }

    /// Whether every line was left by a run that died: no record goes before an index has its line.
    private func areAllLive(_ directory: borrowing Directory) throws(LedgerError) -> Bool {
        var areLive = true
        for month in try directory.archiveMonths() {
            try ArchiveFile(month, in: directory)?.read { (piece) throws(LedgerError) in
                if case .line(_, let name, _) = piece { areLive = try store.bytes(of: name) != nil }
                return areLive
            }
            if !areLive { break }
        }
        return areLive
    }
}
