import Formats
import Journal
import Ledger
import System

/// Where a follower begins that has no place yet.
package enum FollowStart: Equatable, Sendable {
    /// With the oldest entry there is.
    case start
    /// Behind the newest one.
    case now
    /// With the newest one.
    case newest
    /// With this one, or the next one that there is.
    case entry(Position)
}

/// Where changes come from: the journal, from a cursor's place on.
package final class FollowSource {
    private let follower: JournalFollower
    private let path: String
    private let zone: Zone
    private let cursorName: String?
    private var file: CursorFile?
    private var marks: [EntryMark] = []
    private var hasLost = false
    /// Up to here all was read; `nil` is the very beginning.
    package private(set) var readUpTo: Position?
    /// What could not be read and was named.
    private var named: Set<String> = []
    /// Since when entries at `readUpTo` may stand in what cannot be read, while newer ones can be.
    private var unreadSince: Timestamp?
    /// What cannot be read is left out at once: nobody would come back for it.
    package var isImpatient = false
    /// Microseconds for which what cannot be read is tried again before it is left out.
    private static let patienceForUnread: Int64 = 60 * 1_000_000
    /// When that was tried last, and milliseconds until the next time.
    private var triedUnread: Int64?
    private static let pauseForUnread: Int64 = 900
    /// What an earlier run has read but not done.
    package private(set) var unfinished: [Position] = []

    /// - Parameter patience: Seconds to wait for another process that has the cursor.
    /// - Returns: `nil` if the cursor's name is too long.
    package init?(
        path: String, cursor name: String?, from start: FollowStart, zone: Zone = .wib,
        patience: Int = CursorFile.patience
    ) throws(LedgerError) {
        self.path = path
        self.zone = zone
        cursorName = name
        follower = try JournalFollower(path: path)
        guard try open(patience) else { return nil }
        try begin(from: start)
    }

    private func open(_ patience: Int) throws(LedgerError) -> Bool {
        guard let cursorName else { return true }
        file = try CursorFile(path: path, name: cursorName, patience: patience)
        unfinished = file?.cursor?.unfinished ?? []
        if let cursor = file?.cursor { (marks, unreadSince) = (cursor.marks, cursor.unreadSince) }
        return file != nil
    }

    private func begin(from start: FollowStart) throws(LedgerError) {
        if let cursor = file?.cursor {
            readUpTo = cursor.readUpTo
            _ = try compare()
            return
        }
        let end = try follower.end().position
        switch start {
        case .start: return
        case .now: readUpTo = end
        case .newest: readUpTo = end.map { Position(max($0.number - 1, 1)) }
        case .entry(let position): readUpTo = position
        }
        // Where there is no entry yet, the first one is new: also for a later run, if this one ends before it comes.
        if file != nil { readUpTo = readUpTo ?? .first }
        // What stands before the first one that counts tells this journal from another.
        if let before = readUpTo.flatMap({ $0 > .first ? Position($0.number - 1) : nil }),
            let placed = try follower.entry(at: before), placed.position == before
        {
            marks = [placed.mark]
        }
        try keep(unfinished: [], waitingFrom: nil)
    }

    /// What waits for another try, and what was told; `nil` without a cursor.
    package func files() throws(LedgerError) -> (waiting: WaitingFile, told: ToldFile)? {
        guard let file else { return nil }
        return (try file.waiting(), try file.told())
    }

    /// The end of what can be read now.
    package func end() throws(LedgerError) -> Position? { try follower.end().position }

    /// What a look at the directory has come to.
    package enum Look: Equatable, Sendable {
        case asBefore
        /// It was moved away, and what lies there now has a journal of its own, which was gone back in or not.
        case moved
        /// The journal is another one, or was cut: reading goes on from this position, and nothing is known any more of
        /// what stands there or behind it.
        case another(from: Position)
    }

    /// Looks whether the journal is still the one that was read. Says so if it is not.
    ///
    /// Throws `inUse` where the directory was moved away and another process follows, under the same name, what lies there
    /// now.
    package func look() throws(LedgerError) -> Look {
        let isMoved = try follower.lookAgain()
        if isMoved || file.map({ !$0.isInPlace }) ?? false {
            FollowNotices.say("\(path.printable) is another directory than before; going on in what lies there now")
            named = []
            file?.release()
            file = nil
            guard try open(0) else { return .moved }
            // The other directory has a cursor of its own, or had none: then what was read elsewhere counts, if that stands
            // in it too.
            if let cursor = file?.cursor {
                readUpTo = cursor.readUpTo
            } else {
                if marks.isEmpty { readUpTo = .first }
                try keep(unfinished: [], waitingFrom: nil)
            }
            if case .another(let position) = try compare() { return .another(from: position) }
            return .moved
        }
        let end = try follower.end()
        guard end.isCertain, let last = readUpTo, end.position.map({ $0 < last }) ?? false else { return .asBefore }
        return try compare()
    }

    /// Compares the journal with what is remembered of it.
    private func compare() throws(LedgerError) -> Look {
        guard let last = readUpTo else { return .asBefore }
        let end = try follower.end()
        let isCut = end.isCertain && (end.position.map { $0 < last } ?? false)
        var newestSame: Position?
        var isAnother = isCut
        for mark in marks.reversed() {
            guard let placed = try follower.entry(at: mark.position), placed.position == mark.position else { continue }
            if placed.mark == mark {
                newestSame = mark.position
                break
            }
            isAnother = true
        }
        if !isAnother { return .asBefore }
        let start = newestSame?.next ?? .first
        let told =
            marks.last.map { "entry \($0.position) of \(LocalTime($0.time, zone).text)" } ?? "entry \(last.number - 1)"
        FollowNotices.say(
            isCut
                ? "the journal ends before \(told), which was read last: it was restored, cut or replaced; going on from \(start), so that some may come twice"
                : "the journal is another one than that in which \(told) was read last; going on from \(start), so that some may come twice"
        )
        readUpTo = start
        unreadSince = nil
        marks.removeAll { $0.position >= start }
        unfinished.removeAll { $0 >= start }
        return .another(from: start)
    }

    /// The next changes before `end`; `nil` if there is nothing more for now. What cannot be read is waited for (see
    /// `passes`).
    package func next(before end: Position?) throws(LedgerError) -> [JournalChange]? {
        guard let end, readUpTo.map({ $0 < end }) ?? true else { return nil }
        if let triedUnread, FollowWakeup.now - triedUnread < Self.pauseForUnread { return nil }
        triedUnread = nil
        if try isAnother() { return [] }
        var found = try follower.changes(from: readUpTo, upTo: end)
        // Mostly it was for that moment only.
        if found.map(\.isUnread) ?? true { found = try follower.changes(from: readUpTo, upTo: end) }
        let isUnread = found?.isUnread ?? true
        let isWaiting = isUnread && (found == nil ? !isImpatient : !passes())
        nameUnreadable(isUnread, isWaiting: isWaiting)
        guard !isWaiting, let piece = found else {
            triedUnread = found.map { _ in FollowWakeup.now }
            return nil
        }
        if isUnread {
            FollowNotices.say(
                "what stands before entry \(piece.first) cannot be read, and is left out; once it can be, `follow --rewind` tells it"
            )
        }
        unreadSince = nil
        if piece.isGap, !isUnread, let readUpTo {
            FollowNotices.say("the journal from \(readUpTo) on is not there any more; going on with what follows it")
        }
        readUpTo = piece.next
        marks = Cursor(readUpTo: piece.next, marks: marks).marks(with: piece.last)
        return piece.changes
    }

    /// Whether something could not be read, so that changes are left out, or told from their entries alone.
    package var hasPassedOver: Bool { !named.isEmpty }

    /// Whether entries that cannot be read are left out now. Until they could not be for a minute, whoever comes back waits
    /// for them: over all runs of a cursor.
    private func passes() -> Bool {
        if isImpatient { return true }
        let now = Timestamp.now
        // A clock that was set back makes it wait longer, and never for ever.
        let since = unreadSince.map { min($0, now) } ?? now
        unreadSince = since
        return now.microseconds - since.microseconds >= Self.patienceForUnread
    }

    /// - Parameters:
    ///   - isUnread: Entries may stand in those files of the journal that could not be read.
    ///   - isWaiting: They are tried again.
    private func nameUnreadable(_ isUnread: Bool, isWaiting: Bool) {
        let unreadable = follower.unreadable.subtracting(isUnread ? [] : follower.unreadableJournal)
        for path in unreadable.subtracting(named).sorted() {
            named.insert(path)
            let words =
                RecordName(path: path) != nil
                ? ": its changes are told from the journal alone"
                : isWaiting && follower.unreadableJournal.contains(path)
                    ? ": it is tried again" : ", and is left out"
            FollowNotices.say("\(path.printable) cannot be read\(words)")
        }
        for damage in follower.damage where !follower.unreadable.contains(damage.path) {
            guard named.insert("\(damage.path) \(damage.words)").inserted else { continue }
            FollowNotices.say("\(damage.path): \(damage.words); passed over")
        }
    }

    /// Whether the entry that was read last is not there as it was. Costs a look into the journal.
    private func isAnother() throws(LedgerError) -> Bool {
        guard let last = marks.last else { return false }
        if let placed = try follower.entry(at: last.position), placed.position == last.position {
            if placed.mark == last { return false }
        } else if !hasLost {
            hasLost = true
            FollowNotices.say("the journal does not have entry \(last.position) any more, which was read last")
        }
        if case .another = try compare() { return true }
        return false
    }

    package func change(at position: Position) throws(LedgerError) -> JournalChange? {
        try follower.change(at: position)
    }

    /// The change that an entry made, with its record as it is now.
    func change(of placed: PlacedEntry) throws(LedgerError) -> JournalChange? { try follower.change(placed) }

    /// Keeps, durably, how far it has come.
    ///
    /// - Parameter anew: Writes it also where it is kept already, to see whether that can be done.
    package func keep(unfinished: [Position], waitingFrom: Position?, anew: Bool = false) throws(LedgerError) {
        // Whoever begins at the start has no place yet, while that cannot be read.
        guard let file, let readUpTo = readUpTo ?? unreadSince.map({ _ in .first }) else { return }
        let cursor = Cursor(
            readUpTo: readUpTo, unfinished: unfinished, waitingFrom: waitingFrom, unreadSince: unreadSince, marks: marks
        )
        try file.move(to: cursor, anew: anew)
    }

    func hasRequests() throws(LedgerError) -> Bool { try file?.hasRequests() ?? false }

    /// Does what an operator has asked for meanwhile. Everything must be kept before that.
    ///
    /// - Returns: Whether there was anything; what is on the disk counts then.
    func obey() throws(LedgerError) -> Bool {
        guard let file else { return false }
        let requests = try file.obey()
        if requests.isEmpty { return false }
        for request in requests {
            switch request {
            case .skip(let name): FollowNotices.say("\(name.path.printable) is skipped, as was asked")
            case .rewind(let position): FollowNotices.say("going back to entry \(position), as was asked")
            }
        }
        readUpTo = file.cursor?.readUpTo
        unfinished = file.cursor?.unfinished ?? []
        marks = file.cursor?.marks ?? []
        unreadSince = file.cursor?.unreadSince
        return true
    }

    /// Lets another process follow under this name.
    package func release() { file?.release() }

    /// Takes the cursor up again after `release`.
    ///
    /// - Returns: Whether it did; if not, another process has it.
    package func takeUpAgain() throws(LedgerError) -> Bool {
        file = nil
        do throws(LedgerError) {
            guard try open(0) else { return false }
        } catch .inUse {
            return false
        }
        readUpTo = file?.cursor?.readUpTo ?? readUpTo
        return true
    }
}
