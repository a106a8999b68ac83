import Formats
import Glibc
import System

/// How far the journal is acknowledged: every entry before `next` is durable and in its record. Whatever stands behind
/// `end` was left by a process that died in its batch.
struct CommitNote: Equatable, Sendable {
    /// The file that entries are appended to; `nil` before the first one.
    var file: JournalFileName?
    /// Bytes of `file` that count.
    var end = 0
    /// The number of the next entry.
    var next: Position
    /// A write or sync of `file` failed. Nothing may be appended to it any more, by anybody: ext4 can lose later lines
    /// although their own sync succeeds. (I8)
    var isAbandoned = false
}

/// `journal/.note`: the commit note. Only the holder of the lock writes it; readers may look.
///
/// It is never synced. It vouches only as long as the page cache that it describes lives. A reader can see that from the
/// file's write-life hint, which the kernel keeps in memory until the file system is unmounted, and which is the same for
/// all processes of the machine, in whatever container (fcntl(2), F_SET_RW_HINT). Where the kernel knows no hints, before
/// Linux 4.13, he takes the file's number, which no copy has, and what the clocks say of the machine's start. (I4)
final class NoteFile {
    static let name = ".note"
    static let temporaryName = ".note.new"
    /// The file's whole length; the note is padded to it with spaces, so that one write replaces another.
    private static let length = 192

    /// Seconds by which the file's own time may lie before its last change. More, and it was brought back from elsewhere
    /// with its old time.
    private static let tolerance = 2

    private let file: OpenFile
    private var knownInode: Int?
    /// Bytes that were last read from the file or written to it, and what they say: while they stand there, as they do
    /// where one process serves, they need not be read as JSON.
    private var known: (bytes: [UInt8], written: Written)?

    /// Opens the file; `nil` where there is none, or none that can be opened and read, so that it has to be replaced. Needs
    /// the lock.
    init?(in journal: borrowing Directory) throws(LedgerError) {
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(Self.name, .readWrite) else { return nil }
            // One that was just made is none, whatever is said of it.
            if (try? file.read(1, at: 0)) == nil, try file.length() > 0 { return nil }
            self.file = file
        } catch {
            guard journal.isOfItself(error) else { throw error }
            return nil
        }
    }

    /// Opens the file of a directory that is only to be looked at; `nil` where there is none that can be opened.
    init?(lookingAt journal: borrowing Directory) throws(LedgerError) {
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(Self.name) else { return nil }
            self.file = file
        } catch {
            guard journal.isOfItself(error) else { throw error }
            return nil
        }
    }

    /// Puts an empty file in its place. Whoever has an earlier one open, which may be removed, must be told to open it
    /// again. Needs the lock.
    static func replace(in journal: borrowing Directory) throws(LedgerError) {
        try journal.replace(name, with: [], through: temporaryName)
    }

    /// Whether the file is still the directory's.
    func isLinked() throws(LedgerError) -> Bool { try file.lengthIfLinked() != nil }

    /// A note as it stands in the file.
    struct Written {
        var note: CommitNote
        /// Of the file that it was written to.
        fileprivate var inode: Int
        /// When it was written.
        fileprivate var time: BootTime
    }

    /// The note as it stands; `nil` where there is none that can be read.
    func written() throws(LedgerError) -> Written? {
        do throws(LedgerError) {
            let bytes = try file.read(Self.length, at: 0)
            if let known, known.bytes == bytes { return known.written }
            let written = Written(bytes)
            known = written.map { (bytes, $0) }
            return written
        } catch {
            if error.isWantOfMeans { throw error }
            return nil
        }
    }

    /// Whether a note was written on this very mount of the file system, and not brought here from elsewhere.
    ///
    /// - Parameter lock: What the lock's file says of that.
    func vouches(_ written: Written, lock: Bool? = nil) throws(LedgerError) -> Bool {
        let status = try file.status()
        if status.st_mtim.tv_sec + Self.tolerance < status.st_ctim.tv_sec || lock == false { return false }
        if let isMarked = MountMark.isOn(file) { return isMarked }
        return try isOfThisStart(written)
    }

    /// Whether a note was written since the machine started, as far as can be told without a hint. In doubt it says
    /// `false`.
    func isOfThisStart(_ written: Written) throws(LedgerError) -> Bool {
        try inode() == written.inode && BootTime.now.continues(written.time)
    }

    /// The note, if it still vouches; `nil` otherwise.
    func vouchingNote() -> CommitNote? {
        guard let written = try? written(), (try? vouches(written)) == true else { return nil }
        return written.note
    }

    func write(_ note: CommitNote) throws(LedgerError) {
        let written = Written(note: note, inode: try inode(), time: .now)
        let bytes = written.bytes(padding: Self.length)
        known = nil
        try file.write(bytes, at: 0)
        known = (bytes, written)
    }

    private func inode() throws(LedgerError) -> Int {
        if let knownInode { return knownInode }
        let inode = Int(truncatingIfNeeded: try file.status().st_ino)
        knownInode = inode
        return inode
    }

    /// Says that the note was written on this mount of the file system.
    func markMount() { MountMark.set(on: file) }
}

extension NoteFile.Written {
    fileprivate init?(_ bytes: [UInt8]) {
        guard let line = bytes.firstIndex(of: UInt8(ascii: "}")).map({ bytes[...$0] }),
            let value = try? JSONParser.parse(Array(line)),
            let end = value["end"]?.integer, end >= 0, let next = Position(value["next"])
        else { return nil }
        // An earlier version had one word for the start, which counts no more.
        inode = value["inode"]?.integer ?? 0
        time = BootTime(start: value["started"]?.integer ?? 0, uptime: value["uptime"]?.integer ?? .max)
        note = CommitNote(
            file: value["file"]?.string.flatMap { JournalFileName($0) }, end: end, next: next,
            isAbandoned: value["abandoned"] != nil)
        guard value["crc"]?.integer == note.checksum else { return nil }
    }

    fileprivate func bytes(padding length: Int) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: length)
        writer.open("{")
        writer.member("inode", inode)
        writer.member("started", time.start)
        writer.member("uptime", time.uptime)
        writer.member("file", note.file?.description)
        writer.member("end", note.end)
        writer.member("next", note.next.number)
        writer.mark("abandoned", note.isAbandoned)
        writer.member("crc", note.checksum)
        writer.close("}")
        while writer.count < length - 1 { writer.raw(" ") }
        writer.raw("\n")
        return writer.bytes
    }
}

extension CommitNote {
    fileprivate var checksum: Int {
        var text = ByteBuffer(capacity: 96)
        file?.append(to: &text)
        text.appendDigits(end)
        text.append(" ")
        text.appendDigits(next.number)
        text.append(isAbandoned ? "true" : "false")
        var checksum = CRC32C()
        text.withBytes { checksum.update($0) }
        return Int(checksum.value)
    }
}
