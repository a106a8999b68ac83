import Formats
import Glibc
import System

/// The journal: every delivery as it came, in order.
///
/// The rest of the ledger appends batches, gets positions and reads from positions; that the journal is made of files
/// is known here alone. Writing needs the lock between `acquire` and `release`; nothing is believed about the journal
/// from before `acquire`.
package final class Journal {
    package let reader: JournalReader
    private var lock: LockFile
    /// Once it was asked for.
    private var lockIdentity: FileIdentity?
    /// What stands behind the note that the last `acquire` read.
    var note: CommitNote?
    package var file: JournalFile?
    /// Bytes of `file`: what counts, and room behind it that is allocated already.
    package var length = 0
    /// Syncs while a batch is prepared; one is started when it is first needed, unless it was given before.
    package var dataSync: DataSync?
    /// Since this process has once seen a trustworthy note and kept the lock file open, the file system cannot have
    /// been unmounted.
    private var pinsMount = false

    package init(directory: consuming Directory) throws(LedgerError) {
        lock = try LockFile(in: directory)
        reader = JournalReader(directory)
    }

    /// How the journal stands when its lock is taken.
    package enum Condition {
        /// All of it is acknowledged.
        case clean
        /// A process died in its batch: these bytes of the current file were left behind.
        case gap(Range<Int>)
        /// Nobody can vouch for anything since the last checkpoint.
        case unknown
    }

    /// Takes the lock and looks how the journal stands.
    ///
    /// On an error the lock is not held.
    package func acquire(within seconds: Int) throws(LedgerError) -> Condition {
        while true {
            try lock.acquire(within: seconds)
            do throws(LedgerError) {
                if try lock.isInPlace() { return try condition() }
                lock.release()
                lock = try LockFile(in: reader.directory)
                lockIdentity = nil
                pinsMount = false
                file = nil
            } catch {
                release()
                throw error
            }
        }
    }

    package func release() {
        lock.release()
    }

    /// Takes the lock like `acquire(within:)`, if this journal is still the one that others find at a path; otherwise
    /// returns `nil`, without the lock.
    package func acquire(within seconds: Int, at path: String) throws(LedgerError) -> Condition? {
        try lock.acquire(within: seconds)
        do throws(LedgerError) {
            if lockIdentity == nil { lockIdentity = try lock.identity() }
            if FileIdentity(path: "\(path)/\(LockFile.name)") == lockIdentity { return try condition() }
        } catch {
            release()
            throw error
        }
        release()
        return nil
    }

    private func condition() throws(LedgerError) -> Condition {
        note = try lock.note()
        guard let note, pinsMount || lock.isOfThisMount else {
            file = nil
            return .unknown
        }
        pinsMount = true
        if file?.name != note.file {
            file = try JournalFile(opening: note.file, in: reader.directory, forWriting: true)
        }
        guard let length = try file?.length(), length >= note.end else {
            file = nil
            return .unknown
        }
        self.length = length
        if length == note.end || note.isAbandoned { return .clean }
        return try file?.isRoom(at: note.end) == true ? .clean : .gap(note.end..<length)
    }

    /// Makes what a dead process left behind durable and returns its whole entries; a torn tail is cut off.
    ///
    /// The bytes are written once more before the sync, so that the sync vouches for them even if an earlier one had
    /// failed on them and its process died before it could say so.
    ///
    /// On an error the gap stays: records may hold its entries already, so its positions must not be used again.
    package func closeGap(_ gap: Range<Int>) throws(LedgerError) -> [PlacedEntry] {
        guard let file, let note else { return [] }
        let bytes = try file.read(gap)
        let lines = Array(JournalScan(bytes, at: note.position))
        let end = lines.entriesEnd ?? gap.lowerBound
        try file.write(Array(bytes.prefix(end - gap.lowerBound)), at: gap.lowerBound)
        try file.truncate(to: end)
        length = end
        try file.sync()
        self.note?.end = end
        return lines.entries
    }

    /// The whole entries that a dead process left behind.
    package func entries(in gap: Range<Int>) throws(LedgerError) -> [PlacedEntry] {
        guard let file, let note else { return [] }
        return Array(JournalScan(try file.read(gap), at: note.position)).entries
    }

    /// Gives the current file up from the acknowledged end on, for every process.
    package func abandon() throws(LedgerError) {
        note?.isAbandoned = true
        try acknowledge()
    }

    /// Where the next entry will stand, given how many bytes of entries are to follow at `time`. Begins a new file
    /// where the current one is full or given up.
    ///
    /// - Parameter newest: The newest position that the records concerned have taken in. It lies behind the end of the
    ///   journal only if journal files were removed or cut short; then a new file makes the next entries newer.
    package func place(for byteCount: Int, at time: Timestamp, after newest: Position? = nil) throws(LedgerError)
        -> Position
    {
        if let note, file != nil, !note.isAbandoned, newest.map({ $0 < note.position }) ?? true,
            note.end == 0 || note.end + byteCount <= JournalFile.maximumLength
        {
            return note.position
        }
        let start = try beginFile(at: time, after: newest)
        try acknowledge()
        return start
    }

    /// Leaves a file that was given up for ever, so that recovery does not take it up again: nobody can tell a file
    /// system that was mounted anew from a mark that the kernel has dropped from memory. Needs the lock.
    package func leaveAbandonedFile() throws(LedgerError) {
        if let note, note.isAbandoned { _ = try beginFile(at: .now) }
    }

    private func beginFile(at time: Timestamp, after newest: Position? = nil) throws(LedgerError) -> Position {
        var head: [UInt8] = []
        if let note, note.isAbandoned { head = JournalEntry(.abandonment(note.position)).line }
        let name = try nextName(at: time, after: newest)
        do throws(LedgerError) {
            // Whoever made the directories may have died before he synced them.
            if try reader.names().isEmpty { try reader.directory.syncAncestors(2) }
            file = try JournalFile(making: name, head: head, in: reader.directory)
        } catch {
            // A sync that failed says nothing when it is made again on the same file.
            try? reader.directory.removeIfPresent(name.description)
            throw error
        }
        note = CommitNote(file: name, end: head.count)
        length = head.count
        return Position(file: name, offset: head.count)
    }

    /// A name after all that were ever used, as far as anything still tells.
    private func nextName(at time: Timestamp, after newest: Position?) throws(LedgerError) -> JournalFileName {
        let last = try reader.names().last
        let used = [last, note?.file, newest?.file].compactMap { $0 }.max()
        // An empty file was made by a process that died before it could use it.
        if let last, last == used, last != note?.file, last != newest?.file,
            let unused = try JournalFile(opening: last, in: reader.directory), try unused.length() == 0
        {
            return last
        }
        return used?.next(at: time) ?? .first(at: time)
    }

    /// The end of all that is acknowledged. Needs the lock.
    package var end: Position? { note?.position }

    /// Tells every process that all up to here is durable and in its record.
    package func acknowledge() throws(LedgerError) {
        guard let note else { return }
        try lock.write(note)
        if !pinsMount {
            lock.markMount()
            pinsMount = true
        }
    }

    /// Makes durable whatever stands in the journal from a position on.
    package func syncFiles(from start: Position?) throws(LedgerError) {
        for name in try reader.names() where start.map(\.file) ?? name <= name {
            try JournalFile(opening: name, in: reader.directory)?.sync()
        }
    }

    /// Declares the journal to end at `position`, after recovery has replayed it and cut off a torn tail there.
    package func adopt(_ position: Position) throws(LedgerError) {
        file = try JournalFile(opening: position.file, in: reader.directory, forWriting: true)
        if let length = try file?.length(), length > position.offset { try file?.truncate(to: position.offset) }
        try file?.sync()
        length = position.offset
        note = CommitNote(file: position.file, end: position.offset)
    }
}
