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
    /// Entries among which some could not be read, when their records were to be compared.
    var unread: Unread?
    /// Every entry before this one is in its record.
    var proven: Position { min(unproven?.firstOpen ?? next, unread?.entries.start ?? next) }
    /// Only what the servers of a cluster agreed on may be appended. What lies behind the last batch that they agreed on is a
    /// part of one, in no record, and comes again.
    var isOfCluster = false
    /// Where the lock was when the journal was last taken as it lay; `nil` where the kernel cannot tell.
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

/// Entries that could not all be read when recovery came to them. The checkpoint stays before them, and they are tried
/// again: what cannot be read for a moment must not be taken for done. (I5)
struct Unread: Equatable, Sendable {
    /// Seconds after which they are tried again, if a callback comes.
    private static let patience = 60

    var entries: Unproven
    /// When they were last tried, in seconds since the machine started.
    var tried: Int

    var isDue: Bool { !(0..<Self.patience).contains(BootTime.now.uptime - tried) }
}

/// `journal/.note`: the commit note. Only the holder of the lock writes it; readers may look.
///
/// It is never synced. It vouches only as long as the page cache that it describes lives: one that vouched wrongly would
/// lose what was acknowledged before a power cut, one that vouches for nobody costs a replay. So it vouches where one of
/// these is seen, and in doubt it does not. (I4)
///
/// 1. The write-life hints of the note and of the lock (fcntl(2), F_SET_RW_HINT). The kernel keeps them in memory alone,
///    until the file system is unmounted, and they are the same for all processes of the machine, in whatever container.
/// 2. Where the hints are gone, as the kernel may forget a file that nobody has open: the lock is the same file on the same
///    mount of the same boot (`MountedFile`). Containers can see another mount and another boot, which costs a replay.
/// 3. Where the kernel knows no hints, before Linux 4.13: the note's inode, which no copy has.
///
/// With 2 and 3 the clocks must say besides that the machine has not started anew (`BootTime`): what names the boot can be
/// the same for ever in a container. And none of the three counts for a file that was brought back from elsewhere, which
/// its times tell.
final class NoteFile {
    static let name = ".note"
    static let temporaryName = ".note.new"
    /// The file's whole length; the note is padded to it with spaces, so that one write replaces another.
    private static let length = 448

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
            if let known, known.bytes.hasSameBytes(as: bytes) { return known.written }
            let written = Written(bytes)
            known = written.map { (bytes, $0) }
            return written
        } catch {
            if error.isWantOfMeans { throw error }
            return nil
        }
    }

    /// Whether the hints tell that a note was written on this very mount of the file system; where the kernel knows none,
    /// whether it was written since the machine started. What this says once, it says as long as both files stay open.
    ///
    /// - Parameter lock: What the lock's hint tells, for whoever may look at it.
    func vouches(_ written: Written, lock: Bool? = nil) throws(LedgerError) -> Bool {
        if try wasBroughtBack() || lock == false { return false }
        if let isMarked = MountMark.isOn(file) { return isMarked }
        return try isOfThisStart(written)
    }

    /// Whether a note was written on this very mount of the file system though the kernel has forgotten the hints. They
    /// come back with the next acknowledgement.
    func isOfThisMount(_ written: Written, _ journal: borrowing Directory) throws(LedgerError) -> Bool {
        guard let mount = written.note.mount, try !wasBroughtBack(), try isOfThisStart(written) else { return false }
        return journal.mountedFile(LockFile.name) == mount
    }

    /// Whether a note was written since the machine started, as far as its inode and the clocks can tell. In doubt it says
    /// `false`.
    func isOfThisStart(_ written: Written) throws(LedgerError) -> Bool {
        try inode() == written.inode && BootTime.now.continues(written.time)
    }

    /// Whether the file holds an earlier state of itself, or that of another, put into its place with its old time.
    private func wasBroughtBack() throws(LedgerError) -> Bool {
        let status = try file.status()
        return status.st_mtim.tv_sec + Self.tolerance < status.st_ctim.tv_sec
    }

    /// The note, if it still vouches; `nil` otherwise.
    func vouchingNote(in journal: borrowing Directory) -> CommitNote? {
        guard let written = try? written(), (try? vouches(written) || isOfThisMount(written, journal)) == true else {
            return nil
        }
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
            isAbandoned: value["abandoned"] != nil, unproven: value["unproven"]?.string.flatMap { Unproven($0) },
            unread: value["unread"]?.string.flatMap { Unread($0) },
            isOfCluster: value["cluster"] != nil, mount: value["mount"]?.string.map { MountedFile($0) })
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
        writer.member("unproven", note.unproven?.text)
        writer.member("unread", note.unread?.text)
        writer.mark("cluster", note.isOfCluster)
        writer.member("mount", note.mount?.text)
        writer.member("crc", note.checksum)
        writer.close("}")
        writer.pad(to: length - 1)
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
        if let unproven { checksum.update(unproven.text.utf8) }
        if let unread { checksum.update(unread.text.utf8) }
        if isOfCluster { checksum.update("cluster".utf8) }
        if let mount { checksum.update(mount.text.utf8) }
        return Int(checksum.value)
    }
}

extension Unread {
    fileprivate var text: String { "\(entries.text)@\(tried)" }

    fileprivate init?(_ text: String) {
        let parts = text.split(separator: "@")
        guard parts.count == 2, let entries = Unproven(String(parts[0])), let tried = Int(parts[1]) else { return nil }
        (self.entries, self.tried) = (entries, tried)
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
