import Formats
import Glibc
import System

/// How far the journal is acknowledged: every entry before `end` is durable and in its record. Whatever stands behind
/// was left by a process that died in its batch.
package struct CommitNote: Equatable, Sendable {
    var file: JournalFileName
    /// Bytes of `file` that count.
    var end: Int
    /// A write or sync of `file` failed. Nothing may be appended to it any more, by anybody: ext4 can lose later lines
    /// although their own sync succeeds.
    var isAbandoned = false

    var position: Position { Position(file: file, offset: end) }
}

/// `journal/.lock`: whoever holds its lock (flock(2)) may change the data directory. Its content is the commit note.
///
/// The note is never synced. It vouches only as long as the page cache that it describes lives, which a reader can see
/// from the boot's identity and from the file's write-life hint: the kernel keeps that in memory until the file system
/// is unmounted (fcntl(2), F_SET_RW_HINT).
package struct LockFile: ~Copyable {
    package static let name = ".lock"
    /// The file's whole length; the note is padded to it with spaces, so that one write replaces another.
    private static let length = 160

    let file: OpenFile

    package init(in journal: borrowing Directory) throws(LedgerError) {
        file = try journal.open(Self.name, O_RDWR | O_CREAT)
    }

    /// Opens the file of a directory that is only to be looked at; `nil` where there is none.
    package init?(lookingAt journal: borrowing Directory) throws(LedgerError) {
        guard let file = try journal.openIfPresent(Self.name) else { return nil }
        self.file = file
    }

    /// Whether the file is still the one that others find under its name.
    func isInPlace() throws(LedgerError) -> Bool { try file.status().st_nlink > 0 }

    /// Which file this is.
    func identity() throws(LedgerError) -> FileIdentity { FileIdentity(try file.status()) }

    /// Takes the lock, waiting `seconds` for it at most.
    package func acquire(within seconds: Int) throws(LedgerError) {
        let deadline = Deadline(seconds: seconds)
        // Waiting in the kernel knows no time-out, and serves nobody in order either.
        var pause: Int64 = 50_000
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .system(call: "flock", path: file.path, errno: errno)
            }
            if deadline.hasPassed { throw .lockTimedOut(seconds: seconds) }
            var time = timespec(tv_sec: 0, tv_nsec: Int(Int64.random(in: pause / 2...pause)))
            nanosleep(&time, nil)
            pause = min(pause * 2, 2_000_000)
        }
    }

    package func release() {
        _ = flock(file.descriptor, LOCK_UN)
    }

    /// The note as it stands; `nil` where there is none, or it was written before the last start of the machine.
    func note() throws(LedgerError) -> CommitNote? {
        CommitNote(bytes: try file.read(Self.length, at: 0))
    }

    package func write(_ note: CommitNote) throws(LedgerError) {
        try file.write(note.bytes(padding: Self.length), at: 0)
    }

    /// Whether the note was written on this very mount of the file system; `true` where the kernel cannot tell.
    var isOfThisMount: Bool {
        var hint: UInt64 = 0
        guard fcntl(file.descriptor, Self.getHint, &hint) == 0 else { return true }
        return hint == Self.hint
    }

    func markMount() {
        var hint = Self.hint
        _ = fcntl(file.descriptor, Self.setHint, &hint)
    }

    /// F_GET_RW_HINT, F_SET_RW_HINT and RWH_WRITE_LIFE_SHORT of fcntl.h, which Swift does not import.
    private static let getHint: Int32 = 1024 + 11
    private static let setHint: Int32 = 1024 + 12
    private static let hint: UInt64 = 2
}

extension CommitNote {
    fileprivate init?(bytes: [UInt8]) {
        guard let line = bytes.firstIndex(of: UInt8(ascii: "}")).map({ bytes[...$0] }),
            let value = try? JSONParser.parse(Array(line)), value["boot"]?.string == BootIdentity.current,
            let position = value["end"]?.string.flatMap({ Position($0) }),
            value["crc"]?.integer == Self.checksum(position, value["abandoned"] != nil)
        else { return nil }
        self.init(file: position.file, end: position.offset, isAbandoned: value["abandoned"] != nil)
    }

    fileprivate func bytes(padding length: Int) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: length)
        writer.open("{")
        writer.next()
        writer.key("boot")
        writer.string(BootIdentity.current)
        writer.next()
        writer.key("end")
        writer.string(position.description)
        if isAbandoned {
            writer.next()
            writer.key("abandoned")
            writer.bool(true)
        }
        writer.next()
        writer.key("crc")
        writer.integer(Self.checksum(position, isAbandoned))
        writer.close("}")
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: max(0, length - 1 - writer.count))
        return writer.bytes + padding + [UInt8(ascii: "\n")]
    }

    private static func checksum(_ position: Position, _ isAbandoned: Bool) -> Int {
        var checksum = CRC32C()
        checksum.update("\(position)\(isAbandoned)".utf8)
        return Int(checksum.value)
    }
}
