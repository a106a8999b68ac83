import Formats
import System

/// One file of the journal. Only the holder of the lock writes. (I2)
final class JournalFile {
    /// Bytes after which a new file is begun; bounds what recovery has to read. (I9)
    static let maximumLength = 16 << 20
    /// Bytes of padding that are written at a time.
    static let paddingLength = 1 << 20
    /// Bytes that must be free for padding to be written: on a disk that is nearly full it would take what records need.
    private static let plentifulSpace = 64 << 20
    /// Lines without anything in them, which readers pass over.
    static let padding = [UInt8](repeating: UInt8(ascii: "\n"), count: paddingLength)

    private static let temporaryName = ".next"

    let name: JournalFileName
    private let file: OpenFile

    /// Opens the file of that name, for reading unless told otherwise; `nil` where there is none.
    init?(
        opening name: JournalFileName, in journal: borrowing Directory, forWriting: Bool = false
    ) throws(LedgerError) {
        guard let file = try journal.openIfPresent(name.description, forWriting ? .readWrite : .reading) else {
            return nil
        }
        self.name = name
        self.file = file
    }

    /// Makes a file that begins with `head`, in the place of one of that name, of which nothing counts. The file, its
    /// head and its name are durable on return.
    ///
    /// A sync that failed says nothing when it is made again on the same file: so this one is always a new one.
    init(making name: JournalFileName, head: [UInt8], in journal: borrowing Directory) throws(LedgerError) {
        self.name = name
        try journal.removeIfPresent(Self.temporaryName)
        file = try journal.open(Self.temporaryName, .readWriteMaking)
        do throws(LedgerError) {
            try file.write(head, at: 0)
            try file.sync()
            try journal.rename(Self.temporaryName, to: name.description)
            try journal.sync()
        } catch {
            try? journal.removeIfPresent(Self.temporaryName)
            throw error
        }
    }

    /// Removes what a process may have left that died while it made a file.
    static func removeLeftovers(in journal: borrowing Directory) throws(LedgerError) {
        try journal.removeIfPresent(temporaryName)
    }

    /// The file's length; `nil` if it was removed.
    func length() throws(LedgerError) -> Int? { try file.lengthIfLinked() }

    /// When bytes were last written to the file.
    func lastWritten() throws(LedgerError) -> Timestamp {
        Timestamp(microseconds: try file.modificationMicroseconds())
    }

    func write(_ bytes: some Collection<UInt8>, at offset: Int) throws(LedgerError) {
        try file.write(bytes, at: offset)
    }

    /// Whether there is padding at an offset, and no entry: a writer that died has written from the front on.
    func isPadding(at offset: Int) throws(LedgerError) -> Bool {
        try file.read(1, at: offset).first == UInt8(ascii: "\n")
    }

    /// Whether there is so much free space that padding takes it from nobody.
    func isSpacePlentiful() throws(LedgerError) -> Bool { try file.freeSpace() >= Self.plentifulSpace }

    func truncate(to length: Int) throws(LedgerError) { try file.truncate(to: length) }

    func sync() throws(LedgerError) { try file.syncData() }

    /// Syncs like `sync`, while `work` runs.
    func sync(by sync: DataSync, while work: () -> Void) throws(LedgerError) { try sync.sync(file, while: work) }

    /// Everything between two offsets.
    func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        try file.read(range.count, at: range.lowerBound)
    }
}
