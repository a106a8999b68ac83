import Glibc
import KHOINSCallback

/// One file of the journal, open for the holder of the lock.
final class JournalFile {
    /// Bytes after which a new file is begun; bounds what recovery has to read.
    static let maximumLength = 16 << 20

    let name: JournalFileName
    private let file: OpenFile

    /// Opens the file of that name; `nil` where there is none.
    init?(opening name: JournalFileName, in journal: borrowing Directory) throws(LedgerError) {
        guard let file = try journal.openIfPresent(name.description, O_RDWR) else { return nil }
        self.name = name
        self.file = file
    }

    /// Makes a file that begins with `head`. The file, its head and its name are durable on return.
    init(making name: JournalFileName, head: [UInt8], in journal: borrowing Directory) throws(LedgerError) {
        self.name = name
        file = try journal.open(name.description, O_RDWR | O_CREAT)
        try file.truncate(to: 0)
        try file.write(head, at: 0)
        try file.sync()
        try journal.sync()
    }

    /// The file's length; `nil` if it was removed.
    func length() throws(LedgerError) -> Int? {
        let status = try file.status()
        return status.st_nlink > 0 ? Int(status.st_size) : nil
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(LedgerError) {
        try file.write(bytes, at: offset)
    }

    func truncate(to length: Int) throws(LedgerError) {
        try file.truncate(to: length)
    }

    func sync() throws(LedgerError) {
        try file.syncData()
    }

    /// Everything between two offsets.
    func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        try file.read(range.count, at: range.lowerBound)
    }
}
