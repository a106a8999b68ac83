import Glibc
import KHOINSCallback

/// An entry and where it stands.
package struct PlacedEntry: Equatable, Sendable {
    package var entry: JournalEntry
    package var position: Position
}

/// The journal: every delivery as it came, in order.
///
/// The rest of the ledger appends batches, gets positions and reads from positions; that the journal is made of files
/// is known here alone. Writing needs the lock between `acquire` and `release`; nothing is believed about the journal
/// from before `acquire`.
final class Journal {
    let reader: JournalReader
    private var lock: LockFile
    /// What stands behind the note that the last `acquire` read.
    private var note: CommitNote?
    private var file: JournalFile?
    /// Since this process has once seen a trustworthy note and kept the lock file open, the file system cannot have
    /// been unmounted.
    private var pinsMount = false

    init(directory: consuming Directory) throws(LedgerError) {
        lock = try LockFile(in: directory)
        reader = JournalReader(directory)
    }

    /// How the journal stands when its lock is taken.
    enum Condition {
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
    func acquire(within seconds: Int) throws(LedgerError) -> Condition {
        while true {
            try lock.acquire(within: seconds)
            do throws(LedgerError) {
                if try lock.isInPlace() { return try condition() }
                lock.release()
                lock = try LockFile(in: reader.directory)
                pinsMount = false
                file = nil
            } catch {
                release()
                throw error
            }
        }
    }

    func release() {
        lock.release()
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
        return length == note.end || note.isAbandoned ? .clean : .gap(note.end..<length)
    }

    /// Makes what a dead process left behind durable and returns its whole entries; a torn tail is cut off.
    ///
    /// The bytes are written once more before the sync, so that the sync vouches for them even if an earlier one had
    /// failed on them and its process died before it could say so.
    func closeGap(_ gap: Range<Int>) throws(LedgerError) -> [PlacedEntry] {
        guard let file, let note else { return [] }
        let bytes = try file.read(gap)
        var entries: [PlacedEntry] = []
        var end = gap.lowerBound
        for case .entry(let entry, let position, let length) in JournalScan(bytes, at: note.position) {
            entries.append(PlacedEntry(entry: entry, position: position))
            end = position.offset + length
        }
        try keepingUsable(file, end: gap.lowerBound) { () throws(LedgerError) in
            try file.write(Array(bytes.prefix(end - gap.lowerBound)), at: gap.lowerBound)
            try file.truncate(to: end)
            try file.sync()
        }
        self.note?.end = end
        return entries
    }

    /// Where the next entry will stand, given how many bytes of entries are to follow at `time`. Begins a new file
    /// where the current one is full or given up.
    ///
    /// - Parameter newest: The newest position that the records concerned have taken in. It lies behind the end of the
    ///   journal only if journal files were removed or cut short; then a new file makes the next entries newer.
    func place(for byteCount: Int, at time: Timestamp, after newest: Position? = nil) throws(LedgerError) -> Position {
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
    func leaveAbandonedFile() throws(LedgerError) {
        if let note, note.isAbandoned { _ = try beginFile(at: .now) }
    }

    private func beginFile(at time: Timestamp, after newest: Position? = nil) throws(LedgerError) -> Position {
        var head: [UInt8] = []
        if let note, note.isAbandoned { head = JournalEntry(.abandonment(note.position)).line }
        let name = try nextName(at: time, after: newest)
        file = try JournalFile(making: name, head: head, in: reader.directory)
        note = CommitNote(file: name, end: head.count)
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

    /// Appends bytes where `place` said. They are durable on return.
    ///
    /// On an error the journal is as long as it was, and a file whose write or sync failed in a way that leaves doubt
    /// is never appended to again.
    func append(_ bytes: [UInt8]) throws(LedgerError) {
        guard let file, let end = note?.end else { return }
        try keepingUsable(file, end: end) { () throws(LedgerError) in
            try file.write(bytes, at: end)
            try file.sync()
        }
        note?.end = end + bytes.count
    }

    /// The end of all that is acknowledged. Needs the lock.
    var end: Position? { note?.position }

    /// Tells every process that all up to here is durable and in its record.
    func acknowledge() throws(LedgerError) {
        guard let note else { return }
        try lock.write(note)
        if !pinsMount {
            lock.markMount()
            pinsMount = true
        }
    }

    /// Makes a change behind `end`; where it fails, nothing behind `end` counts.
    private func keepingUsable(
        _ file: JournalFile, end: Int, _ change: () throws(LedgerError) -> Void
    ) throws(LedgerError) {
        do {
            try change()
        } catch {
            let cutOff: Void? = try? file.truncate(to: end)
            // A write for which there was no room has changed nothing; anything else leaves doubt for ever.
            let isFull = error.call == "write" && [ENOSPC, EDQUOT, EFBIG].contains(error.errno)
            if cutOff == nil || !isFull {
                note?.isAbandoned = true
                note?.end = end
                if let note { try? lock.write(note) }
            }
            throw error
        }
    }

    /// Declares the journal to end at `position`, after recovery has replayed it and cut off a torn tail there.
    func adopt(_ position: Position) throws(LedgerError) {
        file = try JournalFile(opening: position.file, in: reader.directory, forWriting: true)
        if let length = try file?.length(), length > position.offset { try file?.truncate(to: position.offset) }
        try file?.sync()
        note = CommitNote(file: position.file, end: position.offset)
    }
}
