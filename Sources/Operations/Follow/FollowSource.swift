import Journal
import Ledger
import System

/// Where a follower begins that has no place yet.
package enum FollowStart: String, CaseIterable, Sendable {
    case start
    case now
}

/// Where changes come from: the journal, from a cursor's place on.
package final class FollowSource {
    private let follower: JournalFollower
    private let file: CursorFile?
    /// Up to here all was read; `nil` is the very beginning.
    package private(set) var readUpTo: Position?
    /// What could not be read and was named.
    private var named: Set<String> = []
    /// What an earlier run has read but not done.
    package let unfinished: [Position]

    /// - Returns: `nil` if the cursor's name is too long.
    package init?(path: String, cursor name: String?, from start: FollowStart) throws(LedgerError) {
        follower = try JournalFollower(path: path)
        if let name {
            guard let file = try CursorFile(path: path, name: name) else { return nil }
            self.file = file
        } else {
            file = nil
        }
        unfinished = file?.cursor?.unfinished ?? []
        if let cursor = file?.cursor {
            readUpTo = cursor.readUpTo
        } else if start == .now {
            readUpTo = try follower.acknowledgedEnd()
            try keep(unfinished: [])
        }
    }

    /// The end of what can be read now.
    package func end() throws(LedgerError) -> Position? { try follower.acknowledgedEnd() }

    /// The next changes before `end`; `nil` if there is nothing more.
    package func next(before end: Position?) throws(LedgerError) -> [JournalChange]? {
        guard let end else { return nil }
        let found = try follower.changes(from: readUpTo, upTo: end)
        nameUnreadable()
        guard let piece = found else { return nil }
        if piece.isGap, let readUpTo {
            FollowNotices.say("the journal from \(readUpTo) on is not there any more; going on with what follows it")
        }
        readUpTo = piece.next
        return piece.changes
    }

    /// Whether something could not be read, so that changes are left out, or told from their entries alone.
    package var hasPassedOver: Bool { !named.isEmpty }

    private func nameUnreadable() {
        for path in follower.unreadable.subtracting(named).sorted() {
            named.insert(path)
            let isRecord = RecordName(path: path) != nil
            let words = isRecord ? ": its changes are told from the journal alone" : ", and is left out"
            FollowNotices.say("\(path.printable) cannot be read\(words)")
        }
    }

    package func change(at position: Position) throws(LedgerError) -> JournalChange? {
        try follower.change(at: position)
    }

    /// Keeps, durably, how far it has come.
    package func keep(unfinished: [Position]) throws(LedgerError) {
        if let file, let readUpTo { try file.move(to: Cursor(readUpTo: readUpTo, unfinished: unfinished)) }
    }
}
