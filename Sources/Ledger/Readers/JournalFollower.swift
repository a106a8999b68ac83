import Formats
import Journal
import System

/// An entry of the journal that is about a record.
package struct JournalChange: Sendable {
    package var position: Position
    /// When the entry came.
    package var time: Timestamp
    package var name: RecordName
    /// What the entry did to the record: created or updated it, or was a duplicate.
    package var change: Change
    /// The record as it is now, which may hold newer entries too.
    package var record: Record
}

/// Reads the journal as it grows, and of it only what is acknowledged. Changes nothing.
package final class JournalFollower {
    private let path: String
    private var snapshot: Snapshot
    private var store: RecordStore { _read { yield snapshot.store } }
    private var journal: Journal { snapshot.journal }
    /// What was come across so far and could not be read, below the data directory. Changes of such a record are told from
    /// their entries alone.
    package var unreadable: Set<String> {
        unread.paths.union(journal.unreadable).union(store.unreadableArchive)
    }
    private let unread = Unread()

    /// - Parameter path: A data directory. What is missing of it may be made later, and is then found.
    package init(path: String) throws(LedgerError) {
        self.path = path
        snapshot = try Snapshot(lookingAt: path)
        unread.paths.formUnion(try snapshot.journal.unusableFiles())
    }

    /// Looks again where a part was missing: the first callback makes it.
    private func lookAgain() throws(LedgerError) {
        if !snapshot.missing.isEmpty { snapshot = try Snapshot(lookingAt: path) }
    }

    /// The end of what is acknowledged; after a restart of the machine, and until somebody has brought the directory
    /// into order, the checkpoint. `nil` if nothing is.
    package func acknowledgedEnd() throws(LedgerError) -> Position? {
        try lookAgain()
        let state = try journal.state()
        return state.acknowledged ?? state.checkpoint
    }

    /// Some changes from a position on.
    package struct Piece: Sendable {
        package var changes: [JournalChange]
        /// Where to go on.
        package var next: Position
        /// Entries are not there any more that had not been read.
        package var isGap: Bool
    }

    /// The changes of some entries from `start` on and before `end`; `nil` if there is none left. Without a start,
    /// begins with the oldest entry there is.
    package func changes(from start: Position?, upTo end: Position) throws(LedgerError) -> Piece? {
        var piece: Piece?
        try journal.read(from: start, upTo: end) { (chunk) throws(LedgerError) in
            let entries = chunk.entries
            guard let first = entries.first, let last = entries.last else { return true }
            var changes: [JournalChange] = []
            for placed in entries { if let change = try change(placed) { changes.append(change) } }
            let isGap = start.map { $0 < first.position } ?? false
            piece = Piece(changes: changes, next: last.position.next, isGap: isGap)
            return false
        }
        return piece
    }

    /// The change that the entry at a position made; `nil` if it made none, or is not there any more.
    package func change(at position: Position) throws(LedgerError) -> JournalChange? {
        var placed: PlacedEntry?
        try journal.read(from: position, upTo: position.next) { (chunk) in
            placed = chunk.entries.first
            return placed == nil
        }
        return try placed.flatMap { (placed) throws(LedgerError) in try change(placed) }
    }

    private func change(_ placed: PlacedEntry) throws(LedgerError) -> JournalChange? {
        let entry = placed.entry
        let interpretation = entry.interpretation
        guard let name = entry.content.recordName(interpretation: interpretation) else { return nil }
        var change: Change = entry.updates ? .updated : .created
        let record: Record
        let found = try store.remains(of: name)
        if case .damaged = found { unread.paths.insert(name.path) }
        if case .record(let current) = found {
            record = current
            if case .delivery(let delivery) = entry.content, entry.updates,
                current.knows(delivery.body, before: placed.position)
            {
                change = .duplicate
            }
        } else {
            // Somebody took the record away; what the entry says is left.
            let materialiser = Materialiser()
            _ = materialiser.apply(entry.content, interpretation: interpretation, at: placed.position)
            guard let alone = materialiser.records[name] else { return nil }
            record = alone
        }
        if case .expectation = entry.content, entry.updates { return nil }
        return JournalChange(
            position: placed.position, time: entry.content.time, name: name, change: change, record: record)
    }
}

extension Record {
    /// Whether a copy of this body stands before `position` in the journal. Where that cannot be told any more, it says
    /// `false`: what is told twice does less harm than what is not told.
    fileprivate func knows(_ body: [UInt8], before position: Position) -> Bool {
        if let same = deliveries.first(where: { $0.body == body }) { return same.journal < position }
        return hasOmitted(body, before: position)
    }
}
