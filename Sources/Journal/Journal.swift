import Formats
import System

/// What a journal asks those for who know what lies around it.
package protocol JournalSurroundings {
    /// The end of all numbers that anything outside the journal knows of; asked for where journal files were lost, and may
    /// take long.
    func usedNumbers() throws(LedgerError) -> Position?

    /// Keeps bytes that the journal is going to lose, durably, for a person to look at.
    ///
    /// - Parameter position: The number of the batch's first entry.
    func keepTorn(_ bytes: [UInt8], at position: Position) throws(LedgerError)
}

/// Of a journal by itself.
package struct NoSurroundings: JournalSurroundings {
    package init() {}

    package func usedNumbers() throws(LedgerError) -> Position? { nil }

    package func keepTorn(_ bytes: [UInt8], at position: Position) throws(LedgerError) {}
}

/// The journal of a data directory: every delivery as it came, in order, each with a number.
///
/// That it is made of files is known here alone. Anybody may read. Whoever wants to change something gets a session, and
/// with it the lock of the data directory; nothing is believed about the journal from before that. (I2)
package final class Journal {
    /// Below the data directory.
    package static let directoryName = JournalFileName.directoryName
    private static let probeName = ".probe"

    let directory: Directory
    /// Of the data directory.
    let path: String
    private var lock: LockFile?
    private let lockPath: String
    /// Opened when the lock was first had.
    private var noteFile: NoteFile?
    /// Sessions since the note's file was last looked for.
    private var sessions = 0
    /// How many may go by: somebody may remove it, and a look each time would be a call for each batch.
    private static let sessionsPerLook = 32
    private var lockIdentity: FileIdentity?
    /// Since this process has once seen a trustworthy note and kept the lock file open, the file system cannot have
    /// been unmounted.
    private var pinsMount = false
    /// Nothing that a dead process left before this was opened is there any more.
    private var isTidy = false
    /// The file that was appended to last, kept open.
    private var file: JournalFile?
    package var dataSync: DataSync?
    /// The note could not be written, and says less than is so.
    private var isNoteBehind = false
    /// Files of which something could not be read, when they were last read, below the data directory.
    package internal(set) var unreadable: Set<String> = []

    /// - Parameters:
    ///   - root: The data directory.
    ///   - making: Makes what is missing, so that a session can begin; without that, a journal that is not there is an
    ///     empty one.
    package init(in root: borrowing Directory, making: Bool = false) throws(LedgerError) {
        directory =
            making ? try root.makeDirectory(Self.directoryName) : try root.directoryOrAbsent(Self.directoryName)
        path = root.path
        lockPath = "\(path)/\(Self.directoryName)/\(LockFile.name)"
        if making { lock = try LockFile(in: directory, of: path) }
    }

    /// Takes the lock of the data directory, waiting `seconds` for it at most, and looks how the journal stands. On an
    /// error the lock is not held.
    ///
    /// - Parameters:
    ///   - probing: Finds out besides whether something could be written now, by doing that for a moment.
    ///   - surroundings: What lies around the journal.
    /// - Returns: `nil` if this is not the journal any more that others find in the data directory.
    package func begin(
        within seconds: Int, probing: Bool = false, in surroundings: any JournalSurroundings = NoSurroundings()
    ) throws(LedgerError) -> JournalSession? {
        guard let lock else { preconditionFailure("a journal that was opened to be read is written to") }
        try lock.acquire(within: seconds)
        do throws(LedgerError) {
            if lockIdentity == nil { lockIdentity = try lock.identity() }
            guard try FileIdentity.find(lockPath, "\(Self.directoryName)/\(LockFile.name)") == lockIdentity else {
                lock.release()
                return nil
            }
            guard let noteFile = try openedNote() else {
                lock.release()
                return nil
            }
            let begun = try look(lock, noteFile, surroundings)
            if case .nothing = begun.unsettled, isTidy {} else { try removeLeftovers() }
            isTidy = true
            if probing { try probe() }
            return JournalSession(self, begun.tail, begun.unsettled)
        } catch {
            file = nil
            lock.release()
            throw error
        }
    }

    /// Where the next entry goes.
    struct Tail {
        /// `nil` before the first entry.
        var file: JournalFile?
        /// Bytes of `file`: what counts, and padding behind it.
        var length = 0
        var note: CommitNote
    }

    /// The note's file; `nil` if it had to be made, and everything has to be opened again, by all who have it open: two of
    /// them must never go by two notes.
    private func openedNote() throws(LedgerError) -> NoteFile? {
        sessions += 1
        if let noteFile {
            if sessions % Self.sessionsPerLook != 0 { return noteFile }
            if try noteFile.isLinked() { return noteFile }
        }
        noteFile = try NoteFile(in: directory)
        if let noteFile { return noteFile }
        try NoteFile.replace(in: directory)
        try LockFile.replace(in: directory)
        return nil
    }

    private func look(
        _ lock: LockFile, _ noteFile: NoteFile, _ surroundings: any JournalSurroundings
    ) throws(LedgerError) -> (tail: Tail, unsettled: JournalSession.Unsettled) {
        let written = try noteFile.written()
        if let written {
            if !pinsMount { pinsMount = try noteFile.vouches(written, lock: lock.isOfThisMount) }
            let isVouched = pinsMount ? true : try noteFile.isOfThisMount(written, directory)
            if isVouched, let begun = try resume(written.note) { return begun }
        }
        return try recover(written, noteFile, surroundings)
    }

    /// Goes on where the note says; `nil` if the file is not as the note says.
    private func resume(
        _ note: CommitNote
    ) throws(LedgerError) -> (tail: Tail, unsettled: JournalSession.Unsettled)? {
        guard let name = note.file else { return try names().isEmpty ? (Tail(note: note), .nothing) : nil }
        if file?.name != name { file = try JournalFile(appendingTo: name, in: directory) }
        guard let file, let length = try file.length(), length >= note.end else { return nil }
        var tail = Tail(file: file, length: length, note: note)
        if length == note.end || note.isAbandoned { return (tail, .nothing) }
        if try file.isPadding(at: note.end) { return (tail, .nothing) }
        let end =
            note.isOfCluster ? try agreed(in: file, from: note.end, before: length)?.end ?? note.end : length
        let entries = JournalScan(try file.read(note.end..<end), at: note.end).map { $0 }
        // A sync vouches for nothing that cannot be read.
        if !file.unreadable.isEmpty { return nil }
        do throws(LedgerError) {
            try close(entries, &tail, file)
            return (tail, .tail(entries.compactMap(\.placed)))
        } catch {
            guard error.leavesDoubt else { throw error }
            return (Tail(file: file, length: length, note: note), .doubtful(entries.compactMap(\.placed), error))
        }
    }

    /// Makes what a process left behind that died in its batch durable; a torn tail is cut off. (I3)
    ///
    /// The bytes are written once more before the sync, so that the sync vouches for them even if an earlier one had
    /// failed on them and its process died before it could say so.
    ///
    /// On an error the entries stay: records may hold them already, so that their numbers must not be used again.
    private func close(_ stretches: [JournalScan.Stretch], _ tail: inout Tail, _ file: JournalFile) throws(LedgerError)
    {
        let start = tail.note.end
        if let last = stretches.lastEntry {
            try file.write(try file.read(start..<last.end), at: start)
            tail.note.end = last.end
            tail.note.next = last.position.next
        }
        try file.truncate(to: tail.note.end)
        tail.length = tail.note.end
        try file.sync()
    }

    /// Takes the journal as it lies there: nobody can vouch for anything since the last checkpoint. (I4)
    private func recover(
        _ written: NoteFile.Written?, _ noteFile: NoteFile, _ surroundings: any JournalSurroundings
    ) throws(LedgerError) -> (tail: Tail, unsettled: JournalSession.Unsettled) {
        file = nil
        var abandoned: JournalFileName?
        if let written, written.note.isAbandoned {
            if try noteFile.isOfThisStart(written) {
                // So that the file is not taken up again: nobody can tell a file system that was mounted anew from a
                // mark that the kernel has dropped from memory.
                var tail = Tail(note: written.note)
                try beginFile(&tail, at: .now)
            } else {
                abandoned = written.note.file
            }
        }
        let names = try names()
        let cluster = try ClusterIdentity.read(in: directory)
        var tail = Tail(note: CommitNote(next: names.last?.first ?? cluster?.origin ?? .first))
        tail.note.isOfCluster = cluster != nil
        // The machine need not have restarted: what a killed process wrote may be in memory only.
        let checkpoint = try CheckpointFile.read(in: directory)
        for (index, name) in names.enumerated() {
            let isPassed = index + 1 < names.count && checkpoint.map { names[index + 1].first <= $0 } ?? false
            // The last one is looked at more closely below.
            if !isPassed, name != names.last { try? JournalFile(opening: name, in: directory)?.sync() }
        }
        var isSound = true
        var isReadable = true
        let acknowledged = max(checkpoint ?? .first, written?.note.next ?? .first)
        if let name = names.last, let last = try JournalFile(opening: name, in: directory),
            let length = try last.length()
        {
            let isAgreed = cluster.map { name.first >= $0.origin } ?? false
            let found =
                isAgreed
                ? try agreed(in: last, before: length).map { ($0.position, $0.end) }
                : try lastEntry(in: last, before: length)
            if let found { tail.note.next = found.position.next }
            // Without an entry, what the file may say about the one before it stays.
            tail.note.end = 0
            if let found {
                tail.note.end = found.end
            } else if let head = try abandonment(in: name) {
                tail.note.end = head.length
            }
            tail.note.file = name
            tail.length = tail.note.end
            // A note of an earlier start may be older than the file, so that all in it counts.
            isReadable = try last.isReadable()
            isSound = isReadable
            if isSound {
                var torn: TornBatch?
                if let found, !isAgreed, found.position >= acknowledged {
                    torn = try tornBatch(in: last, before: found.end, acknowledged: acknowledged)
                }
                isSound = try settle(&tail, length, torn, surroundings) && name != abandoned
            }
        }
        let end = tail.note.next
        let known = cluster == nil ? max(acknowledged, end) : end
        if cluster != nil {
            // A cluster's numbers are those that its servers agree on. What was lost comes again, or shows as a hole.
            if !isReadable, let last = names.last, last.first >= end {
                throw .outOfStep(reason: "nothing can be read of the journal's last file, \(last.path)")
            }
        } else if names.isEmpty || known > end || !isSound {
            // Files were lost, or parts of them. The numbers in them are in records, or were told to others.
            tail.note.next = max(known, try surroundings.usedNumbers() ?? end)
        }
        // Nothing is appended to a file that is not sound, by anybody; what can be read of it counts.
        if !isSound, cluster == nil, let last = names.last { tail.note.next = max(tail.note.next, last.first.next) }
        // A file's name keeps the number, whatever is removed next.
        if !isSound || tail.note.next > end { try beginFile(&tail, at: .now) }
        tail.note.mount = directory.mountedFile(LockFile.name)
        var start = Position.first
        if let checkpoint, checkpoint <= end, !names.isEmpty {
            start = checkpoint
        } else {
            try CheckpointFile.remove(in: directory)
        }
        // What a file that cannot be read may hold has numbers too.
        let unproven = Unproven(start: start, end: isSound ? end : tail.note.next)
        if !unproven.isEmpty, !names.isEmpty { tail.note.unproven = unproven }
        return (tail, .all)
    }

    /// Makes the last file end where it counts, durably.
    ///
    /// - Returns: Whether it did; if not, nothing may be appended to the file.
    private func settle(
        _ tail: inout Tail, _ length: Int, _ torn: TornBatch?, _ surroundings: any JournalSurroundings
    ) throws(LedgerError) -> Bool {
        guard let name = tail.note.file, let last = try JournalFile(appendingTo: name, in: directory) else {
            return false
        }
        do throws(LedgerError) {
            if let torn, try keep(torn, of: last, surroundings) { try last.blank(torn) }
            if length > tail.note.end { try last.truncate(to: tail.note.end) }
            try last.sync()
        } catch {
            // An error of the disk is told once only.
            if error.isWantOfMeans { throw error }
            return false
        }
        tail.file = last
        file = last
        return true
    }

    /// - Returns: Whether the bytes that are torn are kept, so far as there are any; if not, they stay where they are.
    private func keep(
        _ torn: TornBatch, of file: JournalFile, _ surroundings: any JournalSurroundings
    ) throws(LedgerError) -> Bool {
        var bytes: [UInt8] = []
        for stretch in torn.stretches.reversed() { bytes += try file.read(stretch) }
        if bytes.allSatisfy({ $0 == 0 || $0 == UInt8(ascii: "\n") }) { return true }
        return (try? surroundings.keepTorn(bytes, at: torn.first)) != nil
    }

    /// Only the holder of the lock makes such files, so that those which are there are nobody's. (I11)
    private func removeLeftovers() throws(LedgerError) {
        for name in [CheckpointFile.temporaryName, LockFile.temporaryName, NoteFile.temporaryName] {
            try directory.removeLeftover(name)
        }
        try directory.removeLeftover(Self.probeName)
        try JournalFile.removeLeftovers(in: directory)
        try ClusterIdentity.removeLeftovers(in: directory)
    }

    private func probe() throws(LedgerError) {
        // A look first, as a directory there can only be somebody else's.
        if try directory.isFile(Self.probeName) != nil { try directory.removeLeftover(Self.probeName) }
        let file = try directory.open(Self.probeName, .writingMaking)
        do throws(LedgerError) {
            try file.write([UInt8](repeating: UInt8(ascii: "\n"), count: 4096), at: 0)
            try file.syncData()
        } catch {
            try? directory.removeIfPresent(Self.probeName)
            throw error
        }
        try directory.removeIfPresent(Self.probeName)
    }

    // What follows is for a session, which holds the lock.

    /// Begins the file that the next entry goes into. (I9)
    func beginFile(_ tail: inout Tail, at time: Timestamp) throws(LedgerError) {
        let names = try names()
        // Whoever made the directories may have died before he synced them.
        if names.isEmpty { try directory.syncAncestors(2) }
        var name = JournalFileName(first: tail.note.next, at: time)
        var head: [UInt8] = []
        if let last = names.last, last.first >= name.first {
            // Nothing in it counts: it was made by a process that died before it could use it, or it was given up before
            // anything was acknowledged in it.
            name = last
            head = try abandonment(in: last).map { JournalLine.abandonment(of: $0.file, behind: $0.bytes) } ?? []
        } else if tail.note.isAbandoned, let file = tail.note.file {
            head = JournalLine.abandonment(of: file, behind: tail.note.end)
        }
        file = try JournalFile(making: name, head: head, in: directory)
        tail.file = file
        tail.length = head.count
        tail.note.file = name
        tail.note.end = head.count
        tail.note.isAbandoned = false
    }

    /// Whether the note can do without what could not be written into it: it names the same file, so that all that stands
    /// behind its end is taken for the gap of a dead process. Nobody goes by it any more once the lock is free.
    func doesWithout(_ note: CommitNote, since acknowledged: CommitNote) -> Bool {
        guard note.file == acknowledged.file, !note.isAbandoned, !acknowledged.isAbandoned else { return false }
        isNoteBehind = true
        return true
    }

    /// Tells every process how far the journal is acknowledged.
    func acknowledge(_ note: CommitNote) throws(LedgerError) {
        guard let lock, let noteFile else { preconditionFailure("a session has the lock") }
        try noteFile.write(note)
        if pinsMount { return }
        lock.markMount()
        noteFile.markMount()
        pinsMount = true
    }

    /// A thread that syncs while its caller works; `nil` where none can be started.
    func syncingThread() -> DataSync? {
        if dataSync == nil { dataSync = .started() }
        return dataSync
    }

    func release() {
        if isNoteBehind {
            isNoteBehind = false
            try? NoteFile.replace(in: directory)
            try? LockFile.replace(in: directory)
        }
        lock?.release()
    }
}
