import Formats
import System

/// Who has this holds the lock of the data directory; it is released when this goes. (I2)
///
/// What is `unsettled` comes first. Then any number of batches, each `append`, then what it says applied to the records,
/// then `acknowledge`. Where a process dies in between, the next session says so.
package struct JournalSession: ~Copyable {
    /// What has to be done before anything else.
    package enum Unsettled {
        /// Nothing: all of it is acknowledged.
        case nothing
        /// A process died in its batch. These entries are durable, and may or may not be in their records: apply them,
        /// then `acknowledge`. (I3)
        case tail([PlacedEntry])
        /// As above, but the disk did not take these. They were acknowledged to nobody: take them out of their records,
        /// then `takeBack`.
        case doubtful([PlacedEntry], LedgerError)
        /// The journal had to be taken as it lay there: `acknowledge` says so to all, and which entries are `unproven`. (I4)
        case all
    }

    package let unsettled: Unsettled

    private let journal: Journal
    private var tail: Journal.Tail
    /// What was last acknowledged.
    private var acknowledged: CommitNote
    private var isSettled: Bool

    init(_ journal: Journal, _ tail: Journal.Tail, _ unsettled: Unsettled) {
        self.journal = journal
        self.tail = tail
        self.unsettled = unsettled
        acknowledged = tail.note
        isSettled = if case .nothing = unsettled { true } else { false }
    }

    deinit { journal.release() }

    /// Entries whose records nobody vouches for: before anything new is applied to one of these, what they say of it comes
    /// first. `nil` where there are none and the checkpoint has moved past them. (I4)
    package var unproven: Unproven? { tail.note.unproven }

    /// Tells every process that the records of the unproven entries before this one are right.
    package mutating func prove(upTo position: Position) throws(LedgerError) {
        guard let unproven = tail.note.unproven, position > unproven.start else { return }
        tail.note.unproven?.start = min(position, unproven.end)
        try acknowledge()
    }

    /// Leaves the records of some acknowledged entries to be compared later.
    package mutating func doubt(from start: Position, upTo end: Position) {
        let known = tail.note.unproven
        tail.note.unproven = Unproven(start: min(known?.start ?? start, start), end: max(known?.end ?? end, end))
    }

    /// Whether recovery has something to do that no answer needs.
    package var isRecoveryDue: Bool { tail.note.unproven != nil || tail.note.unread?.isDue ?? false }

    /// Leaves entries for later, of which some could not be read. With so much of the journal behind them that it must be
    /// for good, this does nothing: recovery would take longer and longer. `verify` names them as long as they are there.
    package mutating func leaveUnread(
        from start: Position, upTo end: Position, tried: Int = BootTime.now.uptime
    ) throws(LedgerError) {
        if try journal.isLongPast(start) { return }
        var unread = Unread(entries: Unproven(start: start, end: end), tried: tried)
        if let known = tail.note.unread?.entries {
            unread.entries = Unproven(start: min(known.start, start), end: max(known.end, end))
        }
        tail.note.unread = unread
        try acknowledge()
    }

    /// Lets recovery try again what it could not read.
    package mutating func retryUnread() throws(LedgerError) {
        guard let unread = tail.note.unread?.entries else { return }
        tail.note.unread = nil
        if tail.note.unproven?.isEmpty ?? false { tail.note.unproven = nil }
        doubt(from: unread.start, upTo: unread.end)
        try acknowledge()
    }

    /// An entry to be appended.
    package struct Draft {
        package var draft: EntryDraft
        /// There is a record already that it goes into.
        package var updates: Bool
        /// It ends a batch that the servers of a cluster agreed on.
        package var mark: AgreementMark?

        package init(_ draft: EntryDraft, updates: Bool, mark: AgreementMark? = nil) {
            self.draft = draft
            self.updates = updates
            self.mark = mark
        }
    }

    /// What is done for the next batches, so that their syncs have nothing to write but data.
    package enum Padding {
        case none
        /// Blank lines are written, if there are any already.
        case more
        /// Blank lines are written: much more is to come soon.
        case some
    }

    /// What was appended.
    package struct Appended {
        /// The numbers of the entries: from here on,
        package var start: Position
        /// and up to here.
        package var end: Position
        /// Half of a file was filled: one checkpoint is due for each, away from the change to the next. What changes
        /// often in between is written to the disk once.
        package var isCheckpointDue: Bool
        /// There is padding behind the entries, to be taken away when it is quiet.
        package var hasPadding: Bool
    }

    /// Appends entries, which get the next numbers. They are durable on return, and count once they are acknowledged.
    ///
    /// On an error the journal is as long as it was, and a file whose write or sync failed in a way that leaves doubt
    /// is never appended to again. (I1, I8)
    ///
    /// - Parameters:
    ///   - newest: The newest entry that the records concerned have taken in. It lies behind the end of the journal only
    ///     if journal files were lost; its number is not used again.
    ///   - agreed: In a cluster, the number that all servers give the first entry; the last one bears a mark. Throws
    ///     `ofCluster` where it is missing in a cluster's journal, and `outOfStep` where that number is not the next.
    ///   - besides: Whether `work` takes long enough to be worth a thread.
    ///   - work: Told the number of the first one; runs while the disk is at work, or before it is.
    package mutating func append(
        _ entries: [Draft], after newest: Position? = nil, agreed: Position? = nil, padding: Padding = .none,
        besides: Bool = false,
        while work: (Position) -> Void
    ) throws(LedgerError) -> Appended {
        precondition(isSettled, "what a session finds unsettled comes before anything new")
        guard let first = entries.first else { preconditionFailure("a batch has an entry") }
        try requireOrder(of: agreed)
        if agreed == nil, let newest { tail.note.next = max(tail.note.next, newest.next) }
        let start = tail.note.next
        let room = entries.reduce(0) { $0 + $1.draft.maximumLength }
        if tail.file == nil || tail.note.isAbandoned
            || tail.note.end > 0 && tail.note.end + room > JournalFile.maximumLength
        {
            try journal.beginFile(&tail, at: first.draft.content.time)
            try acknowledge()
        }
        guard let file = tail.file else { preconditionFailure("a file was begun") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(room)
        var next = start
        for entry in entries {
            entry.draft.append(
                to: &bytes, at: next, updating: entry.updates, behind: next.number - start.number, mark: entry.mark)
            next = next.next
        }
        let (end, newEnd) = (tail.note.end, tail.note.end + bytes.count)
        let journal = journal
        let isPadded = padding == .some || padding == .more && tail.length > end
        if !besides { work(start) }
        try keepingUsable(file) { (tail) throws(LedgerError) in
            try file.write(bytes, at: end)
            if isPadded {
                try Self.pad(file, behind: newEnd, &tail)
            } else if tail.length > newEnd {
                try file.truncate(to: newEnd)
                tail.length = newEnd
            }
            guard besides else { return try file.sync() }
            guard let thread = journal.syncingThread() else {
                work(start)
                return try file.sync()
            }
            try file.sync(by: thread) { work(start) }
        }
        tail.length = max(tail.length, newEnd)
        tail.note.end = newEnd
        tail.note.next = next
        let half = JournalFile.maximumLength / 2
        return Appended(
            start: start, end: next, isCheckpointDue: end < half && half <= newEnd, hasPadding: tail.length > newEnd)
    }

    /// Fills what is to come with blank lines, which are none, unless that much is there.
    private static func pad(_ file: JournalFile, behind end: Int, _ tail: inout Journal.Tail) throws(LedgerError) {
        let newLength = min(end + JournalFile.paddingLength, JournalFile.maximumLength)
        guard end > tail.length, newLength > end, file.isSpacePlentiful else { return }
        do throws(LedgerError) {
            try file.pad(end..<newLength)
            tail.length = newLength
        } catch {
            // What has come fits in. On a disk that is nearly full that is all that counts.
            guard error.isNoSpace else { throw error }
            try file.truncate(to: end)
        }
    }

    /// Makes a change behind the end; where it fails, nothing behind the end counts. (I8)
    private mutating func keepingUsable(
        _ file: JournalFile, _ change: (inout Journal.Tail) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        do throws(LedgerError) {
            try change(&tail)
        } catch {
            let cutOff: Void? = try? file.truncate(to: tail.note.end)
            tail.length = tail.note.end
            if cutOff == nil || error.leavesDoubt { try? giveUp() }
            throw error
        }
    }

    /// Gives the current file up from the end on, for every process.
    private mutating func giveUp() throws(LedgerError) {
        tail.note.isAbandoned = true
        try acknowledge()
    }

    /// Tells every process that all that was appended is durable and in its record. (I1)
    ///
    /// - Parameter keepsPadding: `false` takes away what busy times have left behind the entries.
    package mutating func acknowledge(keepsPadding: Bool = true) throws(LedgerError) {
        if !keepsPadding, let file = tail.file, tail.length > tail.note.end, !tail.note.isAbandoned {
            try file.truncate(to: tail.note.end)
            tail.length = tail.note.end
        }
        do throws(LedgerError) {
            try journal.acknowledge(tail.note)
        } catch {
            guard journal.doesWithout(tail.note, since: acknowledged) else { throw error }
        }
        acknowledged = tail.note
        isSettled = true
    }

    /// Takes back what was appended since the last `acknowledge`, durably, or what was found doubtful. Its numbers are
    /// used again: no record may hold it any more. A file in which that fails, or that is in doubt, is given up.
    package mutating func takeBack() throws(LedgerError) {
        tail.note = acknowledged
        if case .doubtful = unsettled, !isSettled { return try giveUp() }
        guard let file = tail.file, file.name == tail.note.file else {
            preconditionFailure("what was appended stands in the file that was acknowledged last")
        }
        try keepingUsable(file) { (tail) throws(LedgerError) in
            try file.truncate(to: tail.note.end)
            tail.length = tail.note.end
            try file.sync()
        }
    }

    /// Moves the checkpoint forward, durably: every entry before `position` is in a record that was found right and
    /// synced. (I5)
    package mutating func moveCheckpoint(to position: Position) throws(LedgerError) {
        precondition(
            position <= acknowledged.proven,
            "the checkpoint stays behind what is acknowledged and in its record")
        let current = try CheckpointFile.read(in: journal.directory)
        if current.map({ $0 < position }) ?? true { try CheckpointFile.write(position, in: journal.directory) }
        if let unproven = tail.note.unproven, unproven.isEmpty, unproven.end <= position || tail.note.unread != nil {
            tail.note.unproven = nil
            try acknowledge()
        }
    }

    /// Removes one of the stretches that `Journal.stretches` names, durably.
    ///
    /// - Returns: How many bytes that were; `nil`, and it stays, where recovery may ask for it, where it says what of
    ///   another one counts, or where not all of it can be read.
    package func drop(_ stretch: Range<Position>) throws(LedgerError) -> Int? {
        let names = try journal.names()
        // A cluster's last batch may end in the file before the last.
        let kept = names.suffix(tail.note.isOfCluster ? 2 : 1)
        guard let name = names.first(where: { $0.first == stretch.lowerBound }), !kept.contains(name),
            let checkpoint = try CheckpointFile.read(in: journal.directory), stretch.upperBound <= checkpoint
        else { return nil }
        if let abandoned = try journal.abandonment(in: name), names.contains(abandoned.file) { return nil }
        let file = try JournalFile(opening: name, in: journal.directory)
        // What cannot be read now may be asked for when it can be.
        guard try file?.isReadable() ?? true else { return nil }
        let length = try file?.length() ?? 0
        try journal.directory.removeIfPresent(name.description)
        try journal.directory.sync()
        return length
    }
}

extension JournalSession {
    /// The number of the next entry.
    package var next: Position { tail.note.next }

    /// Whether only what the servers of a cluster agreed on may be appended.
    package var isOfCluster: Bool { tail.note.isOfCluster }

    private func requireOrder(of agreed: Position?) throws(LedgerError) {
        if tail.note.isOfCluster != (agreed != nil) { throw .ofCluster(path: journal.path) }
        if let agreed, agreed != tail.note.next {
            throw .outOfStep(
                reason: "the next entry is \(agreed) for the other servers, and \(tail.note.next) in this journal")
        }
    }

    /// Makes this the journal of one server of a cluster, durably: what is there stays, and what comes is what they agree
    /// on. A new file begins, so that what lies before it is never taken for a part of a batch.
    ///
    /// - Parameter origin: As another server's journal has it that this one was copied from; the next entry, if this is the
    ///   first.
    package mutating func join(
        _ cluster: String, as member: String, origin: Position? = nil, at time: Timestamp
    ) throws(LedgerError) {
        if origin == nil, tail.note.file != nil { try journal.beginFile(&tail, at: time) }
        let identity = ClusterIdentity(cluster: cluster, member: member, origin: origin ?? tail.note.next)
        try identity.write(in: journal.directory)
        tail.note.isOfCluster = true
        try acknowledge()
    }

    /// Makes this one server's journal again, durably.
    package mutating func leaveCluster() throws(LedgerError) {
        try ClusterIdentity.remove(in: journal.directory)
        tail.note.isOfCluster = false
        try acknowledge()
    }
}
