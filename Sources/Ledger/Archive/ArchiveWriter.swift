import System

/// Appends to the archive's files and publishes indexes, in an order that loses nothing wherever it is cut off: lines,
/// then their sync, then an index that covers them. What no index covers was never relied upon.
final class ArchiveWriter {
    private let directory: Directory
    private let lock: ArchiveLock
    private var index: ArchiveIndex

    /// Takes `archive/.lock`, and brings what an earlier run may have left half-done into order.
    ///
    /// - Returns: `nil` if another process is archiving.
    init?(_ directory: consuming Directory) throws(LedgerError) {
        guard let lock = try ArchiveLock(in: directory) else { return nil }
        self.lock = lock
        self.directory = directory
        index = ArchiveIndex()
        if let onDisk = try Self.indexOnDisk(self.directory) {
            index = onDisk
        } else {
            if try self.directory.isFile(ArchiveIndex.fileName) != nil { passedOver.insert(ArchiveIndex.path) }
            index = try ArchiveIndex(readingFilesIn: self.directory)
            isPublished = index.entries.isEmpty
            passedOver.formUnion(index.unreadable.map(\.path))
        }
        if isOpen { try takeInRest() }
    }

    private static func indexOnDisk(_ directory: borrowing Directory) throws(LedgerError) -> ArchiveIndex? {
        do throws(LedgerError) {
            return try ArchiveIndexFile(in: directory)?.index()
        } catch {
            guard directory.isOfFile(error) else { throw error }
            return nil
        }
    }

    /// Whether anything can be archived. Not with an index that had to be made anew and lacks what could not be read.
    var isOpen: Bool { index.unreadable.isEmpty }
    /// Files that nothing may be written to: what is in them cannot be read.
    private var closed: Set<ArchiveMonth> = []
    /// What could not be read, below the data directory; the index, if it had to be made anew.
    private(set) var passedOver: Set<String> = []

    /// Whether lines can be added to a month's file.
    func takes(_ month: ArchiveMonth) throws(LedgerError) -> Bool {
        if !isOpen || closed.contains(month) { return false }
        guard let file = try ArchiveFile(month, in: directory) else { return true }
        if let end = index.covered[month], end > 0 { _ = try file.read((end - 1)..<end) }
        return !noteUnreadable(file)
    }

    private func noteUnreadable(_ file: ArchiveFile) -> Bool {
        guard file.isUnreadable else { return false }
        closed.insert(file.month)
        passedOver.insert(file.month.path)
        return true
    }

    /// Whether the index on disk is this one.
    private(set) var isPublished = true
    private(set) var monthsWritten: Set<ArchiveMonth> = []
    private(set) var newFiles = 0

    /// Where a line was put.
    struct Placed {
        var location: ArchiveLocation
        var length: Int
    }

    /// Appends lines to a month's file. They are durable on return, but count only once the index is published.
    ///
    /// On an error the file is as long as it was, as far as that can be had; whatever is left is gone over by the next
    /// run.
    func append(_ lines: [(name: RecordName, bytes: [UInt8])], to month: ArchiveMonth) throws(LedgerError) -> [Placed] {
        let isNew = index.covered[month] == nil
        guard let file = try ArchiveFile(month, in: directory, .readWriteMaking) else {
            preconditionFailure("a file that is missing is made")
        }
        let start = index.covered[month] ?? 0
        var placed: [Placed] = []
        var entries: [ArchiveIndex.Entry] = []
        var offset = start
        do throws(LedgerError) {
            var block: [UInt8] = []
            for line in lines {
                let location = ArchiveLocation(month: month, offset: offset + block.count)
                placed.append(Placed(location: location, length: line.bytes.count))
                entries.append(ArchiveIndex.Entry(hash: ArchiveIndex.hash(line.name), location: location))
                block += line.bytes
                if block.count > 1 << 20 {
                    try file.append(block, at: offset)
                    offset += block.count
                    block = []
                }
            }
            try file.append(block, at: offset)
            offset += block.count
            try file.sync()
            if isNew { try directory.sync() }
        } catch {
            try? file.truncate(to: start)
            throw error
        }
        index.add(entries)
        index.covered[month] = offset
        isPublished = false
        monthsWritten.insert(month)
        if isNew { newFiles += 1 }
        return placed
    }

    /// Puts the index in its place, durably.
    ///
    /// - Parameter locked: Runs what it is given under the journal's lock, so that nobody who had to make an index
    ///   anew puts an older one in its place.
    func publish(
        locked: (_ rename: () throws(LedgerError) -> Void) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        if isPublished || !isOpen { return }
        let temporary = ".index.new"
        try directory.removeLeftover(temporary)
        let file = try directory.open(temporary, .writingNew)
        do throws(LedgerError) {
            try file.write(index.bytes)
            try file.sync()
            try locked { () throws(LedgerError) in
                try directory.rename(temporary, to: ArchiveIndex.fileName, clearing: true)
            }
            try directory.sync()
        } catch {
            try? directory.removeIfPresent(temporary)
            throw error
        }
        isPublished = true
    }

    /// The bytes of a line, with its new line.
    func line(_ placed: Placed) throws(LedgerError) -> [UInt8] {
        guard let file = try ArchiveFile(placed.location.month, in: directory) else { return [] }
        return try file.read(placed.location.offset..<(placed.location.offset + placed.length))
    }

    /// Takes in what a run that died, or whose sync failed, left behind the index's end. Such a file is replaced by a
    /// copy: appending to one that a sync has failed on is not safe, whatever a later sync says.
    private func takeInRest() throws(LedgerError) {
        for month in try directory.archiveMonths() {
            guard let file = try ArchiveFile(month, in: directory) else { continue }
            let end = index.covered[month] ?? 0
            if noteUnreadable(file) { continue }
            if try file.length() <= end { continue }
            guard try copy(file, from: end) else { continue }
            guard let copied = try ArchiveFile(month, in: directory) else { continue }
            let (entries, newEnd) = try ArchiveIndex.entries(of: copied, from: end)
            index.add(entries)
            index.covered[month] = newEnd
            isPublished = false
        }
    }

    /// Replaces a file by a copy that has only whole lines from `end` on.
    ///
    /// - Returns: `false` if it cannot be read as a whole, and so stays as it is.
    private func copy(_ file: ArchiveFile, from end: Int) throws(LedgerError) -> Bool {
        let temporary = ".copy.new"
        try directory.removeLeftover(temporary)
        let copy = try directory.open(temporary, .writingNew)
        do throws(LedgerError) {
            var offset = 0
            while offset < end {
                let block = try file.read(offset..<min(end, offset + 1 << 20))
                if block.isEmpty { break }
                try copy.write(block)
                offset += block.count
            }
            try file.read(from: end) { (piece) throws(LedgerError) in
                if case .line(let line, _, _) = piece { try copy.write(line + [UInt8(ascii: "\n")]) }
                return true
            }
            if noteUnreadable(file) {
                try directory.removeIfPresent(temporary)
                return false
            }
            try copy.sync()
            try directory.rename(temporary, to: file.month.fileName)
            try directory.sync()
            return true
        } catch {
            try? directory.removeIfPresent(temporary)
            throw error
        }
    }
}
