import Formats
import Journal
import System

/// How it stands with one name that follows the journal.
package struct CursorReport: Sendable {
    package var name: String
    /// `nil` where the cursor cannot be read.
    package var cursor: Cursor?
    /// Not one cursor cannot be read, but their directory.
    package var isDirectory = false
    /// Entries that it has not read yet, or read and not told.
    package var entriesBehind = 0
    /// When the oldest of them came, or of those that wait.
    package var behindSince: Timestamp?
    /// What has failed and waits, in order.
    package var waiting: [WaitingLine] = []
    /// Who follows under this name now.
    package var holder: LockHolder?
    package var isInUse = false

    /// Microseconds that a follower may be behind before somebody should look.
    private static let patience: Int64 = 5 * 60 * 1_000_000

    /// Entries that nobody was told of yet.
    package var backlog: Int { entriesBehind + waiting.count }

    /// Since when the oldest of them is not told.
    package var backlogSince: Timestamp? { [behindSince, waiting.map(\.since).min()].compactMap { $0 }.min() }

    /// Whether somebody should look: it is far behind, or nobody can tell how far.
    package func isLate(_ now: Timestamp) -> Bool {
        cursor == nil || backlogSince.map { now.microseconds - $0.microseconds > Self.patience } ?? false
    }
}

/// What the cursors' files say, for those who only look.
package struct CursorReader: ~Copyable {
    private let snapshot: Snapshot

    /// - Parameter path: A data directory.
    package init(path: String) throws(LedgerError) { snapshot = try Snapshot(lookingAt: path) }

    /// All cursors, by name.
    package func reports() throws(LedgerError) -> [CursorReport] {
        if try isObstructed() { return [CursorReport(name: CursorDirectory.name, isDirectory: true)] }
        guard let cursors = try snapshot.store.cursorDirectory() else { return [] }
        let state = try snapshot.journal.state()
        let end = state.acknowledged ?? state.end
        var reports: [CursorReport] = []
        for (stem, cursor) in try cursors.cursors().sorted(by: { $0.key < $1.key }) {
            var report = CursorReport(name: RecordName.decoded(stem), cursor: cursor)
            do throws(LedgerError) {
                report.waiting = try WaitingFile.lines("\(stem).\(WaitingFile.suffix)", in: cursors.directory)
            } catch {
                guard cursors.directory.isOfFile(error) else { throw error }
                report.cursor = nil
            }
            if let lock = try cursors.directory.openIfPresent(".\(stem)\(CursorDirectory.suffix).lock") {
                report.holder = try lock.lockHolder()
                report.isInUse = report.holder != nil
            }
            if let cursor = report.cursor, let end {
                // Until it is read nobody knows which of these concern the shop.
                let stuck = Set(report.waiting.map(\.position))
                let open = cursor.unfinished.filter { !stuck.contains($0) }
                report.entriesBehind = max(0, end.number - cursor.readUpTo.number) + open.count
                let oldest = open.first ?? (cursor.readUpTo < end ? cursor.readUpTo : nil)
                report.behindSince = try oldest.flatMap { (position) throws(LedgerError) in
                    try firstEntry(from: position)?.entry.content.time
                }
            }
            reports.append(report)
        }
        return reports
    }

    /// Whether the cursors' directory itself cannot be read, or something else lies in its place.
    private func isObstructed() throws(LedgerError) -> Bool {
        do throws(LedgerError) { _ = try snapshot.store.cursorDirectory() } catch {
            guard snapshot.store.directories.root.isOfFile(error) else { throw error }
            return true
        }
        return false
    }

    private func firstEntry(from position: Position) throws(LedgerError) -> PlacedEntry? {
        var placed: PlacedEntry?
        try snapshot.journal.read(from: position) { (chunk) in
            placed = chunk.entries.first
            return placed == nil
        }
        return placed
    }

    /// What the shop was told, or not yet, of some entries.
    package struct Telling: Sendable {
        package var cursor: String
        package var told: [Told]
        package var waiting: [WaitingLine]
    }

    /// What is known of the telling of some entries, by cursor; nothing for a cursor that knows of none. And the files
    /// that could not be read, by their paths in the data directory.
    package func tellings(of positions: Set<Position>) throws(LedgerError) -> (known: [Telling], unread: [String]) {
        if try isObstructed() { return ([], [CursorDirectory.name]) }
        guard let cursors = try snapshot.store.cursorDirectory() else { return ([], []) }
        var tellings: [Telling] = []
        var unread: [String] = []
        func read<Value>(
            _ name: String, _ look: (String) throws(LedgerError) -> [Value]
        ) throws(LedgerError) -> [Value] {
            do throws(LedgerError) { return try look(name) } catch {
                guard cursors.directory.isOfFile(error) else { throw error }
                unread.append("\(CursorDirectory.name)/\(name)")
                return []
            }
        }
        for stem in try cursors.cursors().keys.sorted() {
            let told = try read("\(stem).\(ToldFile.suffix)") { (name) throws(LedgerError) in
                try ToldFile.told(of: positions, name, in: cursors.directory)
            }
            let waiting = try read("\(stem).\(WaitingFile.suffix)") { (name) throws(LedgerError) in
                try WaitingFile.lines(name, in: cursors.directory).filter { positions.contains($0.position) }
            }
            if told.isEmpty, waiting.isEmpty { continue }
            tellings.append(Telling(cursor: RecordName.decoded(stem), told: told, waiting: waiting))
        }
        return (tellings, unread)
    }
}
