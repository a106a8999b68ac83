import Formats
import Glibc
import System

/// One file of the journal. Only the holder of the lock writes. (I2)
final class JournalFile {
    /// Bytes after which a new file is begun; bounds what recovery has to read. (I9)
    static let maximumLength = 16 << 20
    /// Bytes of padding behind an entry that has none.
    static let paddingLength = 1 << 20
    /// Bytes that must be free for padding to be written: on a disk that is nearly full it would take what records need.
    private static let plentifulSpace = 64 << 20
    /// Lines without anything in them, which readers pass over: as many as are written at a time. More would ask for
    /// memory at once where a service may have next to none left.
    private static let blankLines = [UInt8](repeating: UInt8(ascii: "\n"), count: 64 << 10)

    private static let temporaryName = ".next"

    let name: JournalFileName
    private let file: OpenFile
    /// The file's length, where it cannot be opened.
    private let lengthUnopened: Int?
    /// What could not be read so far, in order.
    private(set) var unreadable: [Range<Int>] = []

    /// Opens the file of that name to read it; `nil` where there is none. One that cannot be opened is one of whose bytes
    /// none can be read.
    init?(opening name: JournalFileName, in journal: borrowing Directory) throws(LedgerError) {
        self.name = name
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(name.description) else { return nil }
            try file.requireFile()
            self.file = file
            lengthUnopened = nil
        } catch {
            guard journal.isOfItself(error) else { throw error }
            file = OpenFile(adopting: -1, name.description, in: journal.path)
            lengthUnopened = (try? journal.length(of: name.description)) ?? 0
        }
    }

    /// Opens the file of that name to append to it; `nil` where there is none, or where this one cannot be written to.
    init?(appendingTo name: JournalFileName, in journal: borrowing Directory) throws(LedgerError) {
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(name.description, .readWrite) else { return nil }
            try file.requireFile()
            self.name = name
            self.file = file
            lengthUnopened = nil
        } catch {
            guard journal.isOfItself(error), !error.isReadOnly else { throw error }
            return nil
        }
    }

    /// Makes a file that begins with `head`, in the place of one of that name, of which nothing counts. The file, its
    /// head and its name are durable on return.
    ///
    /// A sync that failed says nothing when it is made again on the same file: so this one is always a new one.
    init(making name: JournalFileName, head: [UInt8], in journal: borrowing Directory) throws(LedgerError) {
        self.name = name
        lengthUnopened = nil
        try journal.removeLeftover(Self.temporaryName)
        file = try journal.open(Self.temporaryName, .readWriteMaking)
        do throws(LedgerError) {
            try file.write(head, at: 0)
            try file.sync()
            try journal.rename(Self.temporaryName, to: name.description, clearing: true)
            try journal.sync()
        } catch {
            try? journal.removeIfPresent(Self.temporaryName)
            throw error
        }
    }

    /// Removes what a process may have left that died while it made a file.
    static func removeLeftovers(in journal: borrowing Directory) throws(LedgerError) {
        try journal.removeLeftover(temporaryName)
    }

    /// Whether not even all of its bytes can be asked for, or some of those that were asked for could not be read.
    var isDamaged: Bool { lengthUnopened != nil || !unreadable.isEmpty }

    /// The file's length; `nil` if it was removed.
    func length() throws(LedgerError) -> Int? {
        if let lengthUnopened { return lengthUnopened }
        return try file.lengthIfLinked()
    }

    /// When bytes were last written to the file; now, where that cannot be told.
    func lastWritten() throws(LedgerError) -> Timestamp {
        lengthUnopened == nil ? Timestamp(microseconds: try file.modificationMicroseconds()) : .now
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(LedgerError) {
        try file.write(bytes, at: offset)
    }

    /// Fills a range with padding.
    func pad(_ range: Range<Int>) throws(LedgerError) {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blankLines.count) {
            let rest = range.upperBound - start
            let isWhole = rest >= Self.blankLines.count
            try file.write(isWhole ? Self.blankLines : Array(Self.blankLines.prefix(rest)), at: start)
        }
    }

    /// Whether there is padding at an offset, and no entry: a writer that died has written from the front on.
    func isPadding(at offset: Int) throws(LedgerError) -> Bool {
        try file.read(1, at: offset).first == UInt8(ascii: "\n")
    }

    /// Whether there is so much free space that padding takes it from nobody; `false` where nobody can tell.
    var isSpacePlentiful: Bool { (try? file.freeSpace()).map { $0 >= Self.plentifulSpace } ?? false }

    func truncate(to length: Int) throws(LedgerError) { try file.truncate(to: length) }

    func sync() throws(LedgerError) { try file.syncData() }

    /// Syncs like `sync`, while `work` runs.
    func sync(by sync: DataSync, while work: () -> Void) throws(LedgerError) { try sync.sync(file, while: work) }

    /// Everything between two offsets. What cannot be read stands there as NULs, which are damage. (I7)
    func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        guard lengthUnopened == nil else { return try readAround(range) }
        do throws(LedgerError) {
            return try file.read(range.count, at: range.lowerBound)
        } catch {
            if error.isWantOfMeans { throw error }
            return try readAround(range)
        }
    }

    private func readAround(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        guard let lengthUnopened else { return try file.readAround(range) { note($0) } }
        let range = range.clamped(to: 0..<lengthUnopened)
        if !range.isEmpty { note(range) }
        return [UInt8](repeating: 0, count: range.count)
    }

    private func note(_ block: Range<Int>) {
        guard let index = unreadable.firstIndex(where: { $0.upperBound >= block.lowerBound }) else {
            return unreadable.append(block)
        }
        let found = unreadable[index]
        if found.lowerBound > block.upperBound {
            unreadable.insert(block, at: index)
        } else {
            unreadable[index] =
                min(found.lowerBound, block.lowerBound)..<max(found.upperBound, block.upperBound)
        }
    }

    /// Whether every byte of the file can be read.
    func isReadable() throws(LedgerError) -> Bool {
        let length = try length() ?? 0
        var start = 0
        while start < length, unreadable.isEmpty {
            _ = try read(start..<min(start + Self.blankLines.count, length))
            start += Self.blankLines.count
        }
        return unreadable.isEmpty && lengthUnopened == nil
    }
}
