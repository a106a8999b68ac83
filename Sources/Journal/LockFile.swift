import Formats
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

/// `journal/.lock`: whoever holds its lock (flock(2)) may change the data directory. Its content is the commit note.
///
/// The note is never synced. It vouches only as long as the page cache that it describes lives, which a reader can see
/// from the boot's identity and from the file's write-life hint: the kernel keeps that in memory until the file system
/// is unmounted (fcntl(2), F_SET_RW_HINT). (I4)
final class LockFile {
    static let name = ".lock"
    /// The file's whole length; the note is padded to it with spaces, so that one write replaces another.
    private static let length = 192

    let file: OpenFile

    init(in journal: borrowing Directory) throws(LedgerError) {
        file = try journal.open(Self.name, .readWriteMaking)
    }

    /// Opens the file of a directory that is only to be looked at; `nil` where there is none.
    init?(lookingAt journal: borrowing Directory) throws(LedgerError) {
        guard let file = try journal.openIfPresent(Self.name) else { return nil }
        self.file = file
    }

    /// Which file this is.
    func identity() throws(LedgerError) -> FileIdentity { try file.identity() }

    /// Takes the lock, waiting `seconds` for it at most.
    func acquire(within seconds: Int) throws(LedgerError) {
        guard try file.lock(within: seconds) else { throw .lockTimedOut(seconds: seconds) }
    }

    func release() { file.unlock() }

    /// The note as it stands, and whether it was written since the machine started; `nil` where there is none.
    func note() throws(LedgerError) -> (note: CommitNote, isOfThisBoot: Bool)? {
        CommitNote.read(try file.read(Self.length, at: 0))
    }

    /// The note, if it still vouches; `nil` otherwise.
    func vouchingNote() throws(LedgerError) -> CommitNote? {
        guard isOfThisMount, let (note, isOfThisBoot) = try note(), isOfThisBoot else { return nil }
        return note
    }

    func write(_ note: CommitNote) throws(LedgerError) {
        try file.write(note.bytes(padding: Self.length), at: 0)
    }

    /// Whether the note was written on this very mount of the file system; `true` where the kernel cannot tell.
    var isOfThisMount: Bool { file.writeLifeHint.map { $0 == Self.hint } ?? true }

    func markMount() { file.setWriteLifeHint(Self.hint) }

    /// RWH_WRITE_LIFE_SHORT of fcntl.h.
    private static let hint: UInt64 = 2
}

extension CommitNote {
    fileprivate static func read(_ bytes: [UInt8]) -> (CommitNote, isOfThisBoot: Bool)? {
        guard let line = bytes.firstIndex(of: UInt8(ascii: "}")).map({ bytes[...$0] }),
            let value = try? JSONParser.parse(Array(line)), let boot = value["boot"]?.string,
            let end = value["end"]?.integer, end >= 0, let next = Position(value["next"])
        else { return nil }
        let note = CommitNote(
            file: value["file"]?.string.flatMap { JournalFileName($0) }, end: end, next: next,
            isAbandoned: value["abandoned"] != nil)
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
        writer.member("crc", checksum)
        writer.close("}")
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: max(0, length - 1 - writer.count))
        return writer.bytes + padding + [UInt8(ascii: "\n")]
    }

    private var checksum: Int {
        var checksum = CRC32C()
        checksum.update("\(file?.description ?? "")\(end) \(next)\(isAbandoned)".utf8)
        return Int(checksum.value)
    }
}
