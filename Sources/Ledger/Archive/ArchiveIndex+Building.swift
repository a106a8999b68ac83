import System

extension ArchiveIndex {
    /// Makes an index from the archive's files; linear in them.
    package init(readingFilesIn archive: borrowing Directory) throws(LedgerError) {
        var found: [Entry] = []
        for month in try archive.archiveMonths() {
            guard let file = try ArchiveFile(month, in: archive) else { continue }
            let (more, end) = try Self.entries(of: file, from: 0)
            found += more
            covered[month] = end
            if file.isUnreadable { unreadable.insert(month) }
        }
        add(found)
    }

    /// Leaves out what stands behind these ends.
    package mutating func limit(to ends: [ArchiveMonth: Int]) {
        let unreadable = unreadable
        self = ArchiveIndex(
            entries: entries.filter { $0.location.offset < ends[$0.location.month] ?? 0 }, covered: ends)
        self.unreadable = unreadable
    }

    /// The entries of a file's whole lines from an offset on, and where the last stretch ends.
    package static func entries(of file: ArchiveFile, from start: Int) throws(LedgerError) -> (
        entries: [Entry], end: Int
    ) {
        var entries: [Entry] = []
        let end = try file.read(from: start) { (piece) throws(LedgerError) in
            if case .line(_, let name, let offset) = piece {
                entries.append(
                    Entry(hash: hash(name), location: ArchiveLocation(month: file.month, offset: offset)))
            }
            return true
        }
        return (entries, end)
    }
}

extension Directory {
    /// The months of the archive files in this directory, in order.
    func archiveMonths() throws(LedgerError) -> [ArchiveMonth] {
        try names().compactMap { ArchiveMonth(fileName: $0) }.sorted()
    }
}
