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
    /// The records of these entries are still to be compared with them.
    var unproven: Unproven?
    /// Where the note was first written since the file system was mounted; `nil` where the kernel cannot tell.
    var mount: MountedFile?
}

/// Entries whose records nobody vouches for, since the journal had to be taken as it lay there; those before and behind
/// are in their records. With none of them left, the checkpoint has still to be moved. (I4)
package struct Unproven: Equatable, Sendable {
    package var start: Position
    package var end: Position

    package var isEmpty: Bool { start >= end }

    /// `nil` if none is left.
    var firstOpen: Position? { isEmpty ? nil : start }
}

/// `journal/.note`: the commit note. Only the holder of the lock writes it; readers may look.
///
/// It is never synced. It vouches only as long as the page cache that it describes lives, which a reader can see from the
/// boot's identity and from the file's write-life hint: the kernel keeps that in memory until the file system is unmounted
/// (fcntl(2), F_SET_RW_HINT). The kernel may forget a file that nobody has open, and the hint with it, while it still has
/// all that was written. Then the mount tells, where it has an identity. (I4)
final class NoteFile {
    static let name = ".note"
    static let temporaryName = ".note.new"
    /// The file's whole length; the note is padded to it with spaces, so that one write replaces another.
    private static let length = 320

    private let file: OpenFile
    /// Bytes that were last read from the file or written to it, and what they say: while they stand there, as they do
    /// where one process serves, they need not be read as JSON.
    private var known: (bytes: [UInt8], note: CommitNote)?

    /// Opens the file; `nil` where there is none, or none that can be opened and read, so that it has to be replaced. Needs
    /// the lock.
    init?(in journal: borrowing Directory) throws(LedgerError) {
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(Self.name, .readWrite) else { return nil }
            try file.requireFile()
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
        try journal.replace(name, with: [], through: temporaryName, clearing: true)
        // Where that does not help, the reason is told.
        _ = try journal.open(name, .readWrite)
    }

    /// Whether the file is still the directory's.
    func isLinked() throws(LedgerError) -> Bool { try file.lengthIfLinked() != nil }

    /// The note as it stands, and whether it was written since the machine started; `nil` where there is none that can be
    /// read.
    func note() throws(LedgerError) -> (note: CommitNote, isOfThisBoot: Bool)? {
        do throws(LedgerError) {
            let bytes = try file.read(Self.length, at: 0)
            if let known, known.bytes.hasSameBytes(as: bytes) { return (known.note, true) }
            guard let read = CommitNote.read(bytes) else { return nil }
            if read.isOfThisBoot { known = (bytes, read.0) }
            return read
        } catch {
            if error.isWantOfMeans { throw error }
            return nil
        }
    }

    /// The note, if it still vouches; `nil` otherwise.
    func vouchingNote(in journal: borrowing Directory) -> CommitNote? {
        guard let written = try? note(), written.isOfThisBoot,
            MountMark.isOn(file) || written.note.isOfThisMount(journal)
        else { return nil }
        return written.note
    }

    func write(_ note: CommitNote) throws(LedgerError) {
        let bytes = note.bytes(padding: Self.length)
        known = nil
        try file.write(bytes, at: 0)
        known = (bytes, note)
    }

    /// Says that the note was written on this mount of the file system.
    func markMount() { MountMark.set(on: file) }
}

extension CommitNote {
    /// Whether it was written on this very mount of the file system, and not in a directory that this one was copied from.
    /// Only says so for certain.
    func isOfThisMount(_ journal: borrowing Directory) -> Bool {
        guard let mount else { return false }
        return journal.mountedFile(LockFile.name) == mount
    }

    fileprivate static func read(_ bytes: [UInt8]) -> (CommitNote, isOfThisBoot: Bool)? {
        guard let line = bytes.firstIndex(of: UInt8(ascii: "}")).map({ bytes[...$0] }),
            let value = try? JSONParser.parse(Array(line)), let boot = value["boot"]?.string,
            let end = value["end"]?.integer, end >= 0, let next = Position(value["next"])
        else { return nil }
        let note = CommitNote(
            file: value["file"]?.string.flatMap { JournalFileName($0) }, end: end, next: next,
            isAbandoned: value["abandoned"] != nil, unproven: value["unproven"]?.string.flatMap { Unproven($0) },
            mount: value["mount"]?.string.map { MountedFile($0) })
        guard value["crc"]?.integer == note.checksum else { return nil }
        return (note, boot == BootIdentity.current)
    }

    fileprivate func bytes(padding length: Int) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: length)
        writer.open("{")
        writer.member("boot", BootIdentity.current)
        writer.member("file", file?.description)
        writer.member("end", end)
        writer.member("next", next.number)
        writer.mark("abandoned", isAbandoned)
        writer.member("unproven", unproven?.text)
        writer.member("mount", mount?.text)
        writer.member("crc", checksum)
        writer.close("}")
        writer.pad(to: length - 1)
        writer.raw("\n")
        return writer.bytes
    }

    private var checksum: Int {
        var text = ByteBuffer(capacity: 96)
        file?.append(to: &text)
        text.appendDigits(end)
        text.append(" ")
        text.appendDigits(next.number)
        text.append(isAbandoned ? "true" : "false")
        var checksum = CRC32C()
        text.withBytes { checksum.update($0) }
        if let unproven { checksum.update(unproven.text.utf8) }
        if let mount { checksum.update(mount.text.utf8) }
        return Int(checksum.value)
    }
}

extension Unproven {
    fileprivate var text: String { "\(start)-\(end)" }

    fileprivate init?(_ text: String) {
        let numbers = text.split(separator: "-")
        guard numbers.count == 2, let start = Position(numbers[0]), let end = Position(numbers[1]) else { return nil }
        (self.start, self.end) = (start, end)
    }
}
