import System

/// `archive/`: old records, one a line. A name's newest line is what everything newer about it builds on.
///
/// This is how everybody else finds a line. Opens what it needs when it first needs it; where there is no archive, a
/// look-up is one call of the system.
package final class Archive {
    /// A directory that can be held by a class and let go.
    private final class Opened {
        let directory: Directory

        init?(in root: borrowing Directory) throws(LedgerError) {
            guard let directory = try root.directoryIfPresent(ArchiveMonth.directoryName) else { return nil }
            self.directory = directory
        }

        /// Which file the index is; `nil` where there is none.
        func indexIdentity() throws(LedgerError) -> FileIdentity? {
            try directory.identity(of: ArchiveIndex.fileName)
        }
    }

    private var opened: Opened?
    /// Whether what the last look found still stands; see `lookingOnce`.
    private var looksOnce = false
    /// Whether the last look found an archive; `nil` if the next one is to look again.
    private var isThere: Bool?
    private var index: ArchiveIndexFile?
    /// The file that `index` is, or that was found missing (`nil`) or wrong, and so made anew in memory.
    private var identity: FileIdentity?
    /// The index had to be made anew, and so should be written for the next one.
    private var isRebuilt = false

    /// A line that was found.
    struct Found {
        var record: Record
        var location: ArchiveLocation
    }

    /// The newest line of that name; `nil` if there is none.
    func newest(_ name: RecordName, in root: borrowing Directory) throws(LedgerError) -> Found? {
        guard try open(in: root) else { return nil }
        let hash = ArchiveIndex.hash(name)
        switch try search(name, hash) {
        case .found(let found): return found
        case .wrongIndex:
            // The files are not what the index says, because somebody changed them or a disk did.
            if !isRebuilt { try rebuild() }
            if case .found(let found) = try search(name, hash) { return found }
            return nil
        }
    }

    private enum Search {
        case found(Found?)
        case wrongIndex
    }

    private func search(_ name: RecordName, _ hash: UInt64) throws(LedgerError) -> Search {
        guard let locations = try index?.locations(hash) else { return .found(nil) }
        var newest: Found?
        var isWrong = false
        for location in locations {
            guard let bytes = try line(at: location), let there = ArchiveLine.name(of: bytes[...]) else {
                isWrong = true
                continue
            }
            // Two names can share a hash, though hardly ever will.
            guard there == name else {
                isWrong = isWrong || ArchiveIndex.hash(there) != hash
                continue
            }
            guard let line = ArchiveLine(bytes[...]) else { continue }
            if newest.map({ line.record.isNewer(than: $0.record) }) ?? true {
                newest = Found(record: line.record, location: location)
            }
        }
        return isWrong && !isRebuilt ? .wrongIndex : .found(newest)
    }

    /// The line at a place; `nil` where there is none.
    private func line(at location: ArchiveLocation) throws(LedgerError) -> [UInt8]? {
        guard let file = try file(location.month) else { return nil }
        return try file.line(at: location.offset)
    }

    private func file(_ month: ArchiveMonth) throws(LedgerError) -> ArchiveFile? {
        guard let opened else { return nil }
        return try ArchiveFile(month, in: opened.directory)
    }

    /// Runs `body`, within which the archive is looked for once. Needs the journal's lock, under which every index takes
    /// its place: what is archived meanwhile is in its own file until the lock is released.
    func lookingOnce<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        looksOnce = true
        defer {
            looksOnce = false
            isThere = nil
        }
        return try body()
    }

    /// Whether there is an archive. If so, the index is open.
    private func open(in root: borrowing Directory) throws(LedgerError) -> Bool {
        if let isThere { return isThere }
        let found = try look(in: root)
        if looksOnce { isThere = found }
        return found
    }

    /// Looks whether the index is still the one that is open, and opens it otherwise.
    private func look(in root: borrowing Directory) throws(LedgerError) -> Bool {
        if opened == nil { opened = try Opened(in: root) }
        var current = try opened?.indexIdentity()
        // An index can be missing because the whole directory was replaced.
        if opened != nil, current == nil, index != nil {
            opened = try Opened(in: root)
            current = try opened?.indexIdentity()
        }
        guard let opened else {
            index = nil
            return false
        }
        if index != nil, current == identity { return true }
        index = nil
        isRebuilt = false
        identity = current
        if let file = try opened.directory.openIfPresent(ArchiveIndex.fileName) { index = try ArchiveIndexFile(file) }
        if index == nil { try rebuild() }
        return true
    }

    private func rebuild() throws(LedgerError) {
        guard let opened else { preconditionFailure("an archive that was not opened has no index") }
        index = ArchiveIndexFile(try ArchiveIndex(readingFilesIn: opened.directory))
        isRebuilt = true
    }

    /// Writes the index that had to be made anew, so that the next one who looks need not. Needs the journal's lock,
    /// under which every index takes its place.
    func keepRebuiltIndex() {
        guard isRebuilt, let opened, let index, index.count > 0, (try? opened.indexIdentity() == identity) == true
        else {
            return
        }
        isRebuilt = false
        // It can be made anew at any time, so a failure is nobody's concern.
        guard let bytes = try? index.index().bytes else { return }
        try? opened.directory.replace(ArchiveIndex.fileName, with: bytes, through: ".index.rebuilt", synced: true)
    }
}

extension Record {
    /// Whether this is a later state of the record than `other` is.
    func isNewer(than other: Record) -> Bool {
        switch (appliedUpTo, other.appliedUpTo) {
        case (.some(let own), .some(let others)): own > others
        case (.some, .none): true
        case (.none, _): false
        }
    }
}
