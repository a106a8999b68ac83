import Formats
import Glibc
import System

/// One file of the journal. Only the holder of the lock writes.
package final class JournalFile {
    /// Bytes after which a new file is begun; bounds what recovery has to read.
    package static let maximumLength = 16 << 20
    /// Bytes of room that are made at a time.
    static let roomLength = 1 << 20
    /// Bytes that must be free for room to be made: on a disk that is nearly full it would take what records need.
    private static let plentifulSpace = 64 << 20
    /// What room is filled with: lines without anything in them, which readers pass over.
    package static let room = [UInt8](repeating: UInt8(ascii: "\n"), count: roomLength)

    package let name: JournalFileName
    private let file: OpenFile

    /// Opens the file of that name, for reading unless told otherwise; `nil` where there is none.
    package init?(
        opening name: JournalFileName, in journal: borrowing Directory, forWriting: Bool = false
    ) throws(LedgerError) {
        guard let file = try journal.openIfPresent(name.description, forWriting ? O_RDWR : O_RDONLY) else { return nil }
        self.name = name
        self.file = file
    }

    /// Makes a file that begins with `head`. The file, its head and its name are durable on return.
    package init(making name: JournalFileName, head: [UInt8], in journal: borrowing Directory) throws(LedgerError) {
        self.name = name
        file = try journal.open(name.description, O_RDWR | O_CREAT)
        try file.truncate(to: 0)
        try file.write(head, at: 0)
        try file.sync()
        try journal.sync()
    }

    /// The file's length; `nil` if it was removed.
    package func length() throws(LedgerError) -> Int? {
        let status = try file.status()
        return status.st_nlink > 0 ? Int(status.st_size) : nil
    }

    /// When bytes were last written to the file.
    func lastWritten() throws(LedgerError) -> Timestamp {
        let time = try file.status().st_mtim
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    package func write(_ bytes: some Collection<UInt8>, at offset: Int) throws(LedgerError) {
        try file.write(bytes, at: offset)
    }

    /// Whether there is room at an offset, and no entry: a writer that died has written from the front on.
    func isRoom(at offset: Int) throws(LedgerError) -> Bool {
        try file.read(1, at: offset).first == UInt8(ascii: "\n")
    }

    /// Whether there is so much free space that room takes it from nobody.
    func isSpacePlentiful() throws(LedgerError) -> Bool { try file.freeSpace() >= Self.plentifulSpace }

    package func truncate(to length: Int) throws(LedgerError) {
        try file.truncate(to: length)
    }

    package func sync() throws(LedgerError) {
        try file.syncData()
    }

    /// Syncs like `sync`, while `work` runs.
    package func sync(by sync: DataSync, while work: () -> Void) throws(LedgerError) {
        try sync.sync(file, while: work)
    }

    /// Everything between two offsets.
    package func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        try file.read(range.count, at: range.lowerBound)
    }
}
