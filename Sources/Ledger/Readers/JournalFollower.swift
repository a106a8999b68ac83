import Formats
import Journal
import KHOINS
import System

/// An entry of the journal that is about a record.
package struct JournalChange: Sendable {
    package var placed: PlacedEntry
    package var name: RecordName
    /// What the entry did to the record: created or updated it, or was a duplicate.
    package var change: Change
    /// What the entry itself says.
    package var status: Status
    /// Whether it is a delivery that set or confirmed the status that stood after it: neither a late Pending nor an older
    /// import, and no repeat.
    package var setsStatus: Bool
    /// The record as it is now, which may hold newer entries too.
    package var record: Record

    package var position: Position { placed.position }
    /// When the entry came.
    package var time: Timestamp { placed.entry.content.time }
}

/// Reads the journal as it grows, and of it only what is acknowledged. Changes nothing.
package final class JournalFollower {
    private let path: String
    private var snapshot: Snapshot
    private var identities: [FileIdentity?]
    private var store: RecordStore { _read { yield snapshot.store } }
    private var journal: Journal { snapshot.journal }
    /// What was come across so far and could not be read, below the data directory. Changes of such a record are told from
    /// their entries alone.
    package var unreadable: Set<String> {
        unread.paths.union(journal.unreadable).union(store.unreadableArchive)
    }
    /// Those of them that are files of the journal.
    package var unreadableJournal: Set<String> { journal.unreadable }
    private let unread = Unread()
    /// What the last call of `changes` found between entries that is none.
    package private(set) var damage: [JournalChunk.Damage] = []

    /// - Parameter path: A data directory. What is missing of it may be made later, and is then found.
    package init(path: String) throws(LedgerError) {
        self.path = path
        identities = Self.identities(path)
        snapshot = try Snapshot(lookingAt: path)
        unread.paths.formUnion(try snapshot.journal.unusableFiles())
    }

    private static func identities(_ path: String) -> [FileIdentity?] {
        // With the dot, what a symbolic link leads to counts.
        [".", Journal.directoryName, "transactions", "topups"].map { FileIdentity(path: "\(path)/\($0)") }
    }

    /// Looks again where a part was missing, which the first callback makes, or where a part is not the one any more that
    /// others find under the path: it was moved away, and another put in its place.
    ///
    /// - Returns: Whether the directory or its journal is another one than before.
    package func lookAgain() throws(LedgerError) -> Bool {
        let found = Self.identities(path)
        // Moved away, and nothing in its place yet: what is open is all there is.
        if found == identities || found[0] == nil && identities[0] != nil { return false }
        let isAnother = zip(found, identities).prefix(2).contains { $0 != $1 && $1 != nil }
        snapshot = try Snapshot(lookingAt: path)
        identities = found
        if isAnother { unread.paths = [] }
        unread.paths.formUnion(try journal.unusableFiles())
        return isAnother
    }

    /// How much can be read.
    package struct End: Sendable {
        /// The end of what is acknowledged; after a restart of the machine, and until somebody has brought the directory
        /// into order, the checkpoint. `nil` if nothing is.
        package var position: Position?
        /// The journal says itself that it ends there.
        package var isCertain: Bool
    }

    package func end() throws(LedgerError) -> End {
        let state = try journal.state()
        return End(position: state.acknowledged ?? state.checkpoint, isCertain: state.acknowledged != nil)
    }

    /// The end of what is acknowledged.
    package func acknowledgedEnd() throws(LedgerError) -> Position? {
        _ = try lookAgain()
        return try end().position
    }

    /// Some changes from a position on.
    package struct Piece: Sendable {
        package var changes: [JournalChange]
        package var first: Position
        /// Where to go on.
        package var next: Position
        /// The entry before that.
        package var last: EntryMark
        /// Entries are not there any more that had not been read.
        package var isGap: Bool
        /// Entries before the first of these may stand in what could not be read.
        package var isUnread: Bool
    }

    /// The changes of some entries from `start` on and before `end`; `nil` if there is none left. Without a start,
    /// begins with the oldest entry there is. None is left out inside a piece because of what cannot be read: that stands
    /// before a piece.
    package func changes(from start: Position?, upTo end: Position) throws(LedgerError) -> Piece? {
        var piece: Piece?
        damage = []
        var isRead = true
        try journal.read(from: start, upTo: end) { (chunk) throws(LedgerError) in
            let parsed = chunk.parsed()
            damage += parsed.damage
            isRead = isRead && chunk.isRead
            var entries = parsed.entries.filter { (start ?? .first)..<end ~= $0.position }
            guard let first = entries.first else { return true }
            var isUnread = false
            if !isRead {
                var expected = start
                if expected == nil { expected = try journal.first() }
                isUnread = expected.map { $0 < first.position } ?? false
                entries = Self.unbroken(entries)
            }
            guard let last = entries.last else { return true }
            var changes: [JournalChange] = []
            for placed in entries { if let change = try change(placed) { changes.append(change) } }
            let isGap = start.map { $0 < first.position } ?? false
            piece = Piece(
                changes: changes, first: first.position, next: last.position.next, last: last.mark, isGap: isGap,
                isUnread: isUnread)
            return false
        }
        return piece
    }

    /// The first entries, up to where a number is missing.
    private static func unbroken(_ entries: [PlacedEntry]) -> [PlacedEntry] {
        let count = zip(entries, entries.dropFirst()).prefix { $0.position.next == $1.position }.count
        return Array(entries.prefix(count + 1))
    }

    /// The entry at a position; `nil` if it is not there any more, or cannot be read.
    package func entry(at position: Position) throws(LedgerError) -> PlacedEntry? { try look(at: position).placed }

    private func look(at position: Position) throws(LedgerError) -> (placed: PlacedEntry?, isRead: Bool) {
        var placed: PlacedEntry?
        var isRead = true
        try journal.read(from: position, upTo: position.next) { (chunk) in
            placed = chunk.entries.first { $0.position == position }
            isRead = isRead && chunk.isRead
            return placed == nil
        }
        return (placed, isRead)
    }

    /// The first entry that came at a time or later; `nil` if there is none. Reads what was written since.
    package func position(since time: Timestamp) throws(LedgerError) -> Position? {
        guard let end = try end().position else { return nil }
        // A file's time comes from a clock that is behind by some milliseconds.
        let written = Timestamp(microseconds: max(time.microseconds, .min + 1_000_000) - 1_000_000)
        var found: Position?
        try journal.readBackwards(from: end, writtenSince: written) { (chunk) in
            if let first = chunk.entries.first(where: { $0.entry.content.time >= time }) { found = first.position }
            return true
        }
        return found
    }

    /// The change that the entry at a position made; `nil` if it made none, or is not there any more. Throws `damaged` where
    /// it may stand in what cannot be read now.
    package func change(at position: Position) throws(LedgerError) -> JournalChange? {
        let (placed, isRead) = try look(at: position)
        if let placed { return try change(placed) }
        if !isRead { throw .damaged(path: unreadable.sorted().last ?? "journal") }
        return nil
    }

    /// The change that an entry made, with its record as it is now; `nil` if it made none.
    package func change(_ placed: PlacedEntry) throws(LedgerError) -> JournalChange? {
        let entry = placed.entry
        let interpretation = entry.interpretation
        guard let name = entry.content.recordName(interpretation: interpretation) else { return nil }
        var change: Change = entry.updates ? .updated : .created
        var setsStatus = false
        var status = Status.pending
        if case .callback(let callback, _) = interpretation { status = callback.status }
        let found = try remains(of: name)
        if case .delivery(let delivery) = entry.content {
            setsStatus = true
            if let found {
                if entry.updates, found.knows(delivery.body, before: placed.position) {
                    change = .duplicate
                    setsStatus = false
                } else {
                    setsStatus = found.tookStatus(from: delivery, saying: status, at: placed.position)
                }
            }
        }
        if case .expectation = entry.content, entry.updates { return nil }
        guard let record = found ?? alone(placed, interpretation, name) else { return nil }
        return JournalChange(
            placed: placed, name: name, change: change, status: status, setsStatus: setsStatus, record: record)
    }

    /// The record under a name, if one can be read. Notes one that is there and cannot.
    private func remains(of name: RecordName) throws(LedgerError) -> Record? {
        do throws(LedgerError) {
            switch try store.remains(of: name) {
            case .record(let record): return record
            case .missing: return nil
            case .damaged: break
            }
        } catch {
            // A record's own trouble, or the archive's, is no reason to tell nobody of anything.
            if error.isWantOfMeans { throw error }
        }
        unread.paths.insert(name.path)
        return nil
    }

    /// What the entry says by itself.
    private func alone(_ placed: PlacedEntry, _ interpretation: Interpretation?, _ name: RecordName) -> Record? {
        let materialiser = Materialiser()
        _ = materialiser.apply(placed.entry.content, interpretation: interpretation, at: placed.position)
        return materialiser.records[name]
    }
}

extension Record {
    /// Whether a copy of this body stands before `position` in the journal. Where that cannot be told any more, it says
    /// `false`: what is told twice does less harm than what is not told.
    fileprivate func knows(_ body: [UInt8], before position: Position) -> Bool {
        if let same = deliveries.first(where: { $0.body == body }) { return same.journal < position }
        return hasOmitted(body, before: position)
    }

    /// Whether a delivery at `position`, which is no repeat, set or confirmed the status that stood after it. Judges by the
    /// deliveries before it that the record still has; where that is not enough, it says `true`.
    fileprivate func tookStatus(from delivery: Delivery, saying status: Status, at position: Position) -> Bool {
        let earlier = deliveries.filter { $0.journal < position }
        let finals = earlier.filter { $0.status.isFinal }
        if !finals.isEmpty, !status.isFinal { return false }
        guard delivery.imported, let newest = (finals.isEmpty ? earlier : finals).map(\.receivedAt).max(),
            delivery.receivedAt.microseconds / 1_000 < newest.microseconds / 1_000
        else { return true }
        // An older import: it counts only where nothing final stood, and then only if it says something new.
        return finals.isEmpty && status != .unknown && status != earlier.last?.status
    }
}
