import Journal
import System

extension RecordReader {
    /// Notes stretches of the journal that hold no whole line.
    ///
    /// - Returns: Whether there is any.
    func note(_ damage: [JournalChunk.Damage]) -> Bool {
        // A file that could not be read is named as a whole.
        for stretch in damage where !journal.unreadable.contains(stretch.path) {
            unread.stretches.insert("\(stretch.path): \(stretch.words)")
        }
        return !damage.isEmpty
    }

    /// The same of those that an index passes over. Reads the files of the journal alone in which it says that something is
    /// wrong.
    ///
    /// - Parameter position: Leaves out files that end before it.
    @discardableResult
    func noteDamage(of index: RecordIndex, from position: Position = .first) throws(LedgerError) -> Bool {
        var isDamaged = false
        for stretch in index.doubtfulStretches where stretch.upperBound > position {
            var tail: [JournalChunk.Damage] = []
            try journal.read(from: stretch.lowerBound, upTo: stretch.upperBound) { (chunk) in
                let (entries, damage) = chunk.parsed()
                // What no entry stands behind may be what a dead writer left.
                let known = (entries.isEmpty ? [] : tail) + damage.filter { $0.entriesBefore < entries.count }
                tail = (entries.isEmpty ? tail : []) + damage.filter { $0.entriesBefore == entries.count }
                if note(known) { isDamaged = true }
                return true
            }
        }
        return isDamaged
    }
}

/// Records whose places are in damaged stretches of the journal: their own files say where they stand.
///
/// Found by the numbers that the journal's whole entries leave out, from the end to the beginning.
struct Strays {
    /// Records that are looked at for that, at most: somebody waits.
    private static let maximum = 20_000

    /// Whether the journal is damaged anywhere. Where it is not, numbers are missing for other reasons.
    var isNeeded = false
    /// Whether an entry was come across.
    private(set) var hasBegun = false
    /// All places from here on were looked at.
    private var reached: Position
    private var places: [(place: Position, name: RecordName)]?

    /// - Parameter end: No record that stands here or behind it is asked for; `nil` where all are.
    init(_ end: Position?) {
        reached = end ?? Position(.max)
    }

    /// The records that stand between the entry that was come across last and the next one, the newest first.
    ///
    /// - Parameter next: The number of that one; `nil` for none.
    mutating func names(
        downTo next: Position?, _ records: borrowing RecordReader
    ) throws(LedgerError) -> [RecordName] {
        let gap = (next?.next ?? Position(0))..<max(reached, next?.next ?? Position(0))
        reached = next ?? Position(0)
        hasBegun = true
        guard isNeeded, !gap.isEmpty else { return [] }
        if places == nil { places = try Self.places(records) }
        return (places ?? []).filter { gap.contains($0.place) }.map(\.name)
    }

    /// The places of all records that have files, the newest first; none where there are too many.
    private static func places(
        _ records: borrowing RecordReader
    ) throws(LedgerError) -> [(place: Position, name: RecordName)] {
        var names: [RecordName] = []
        for folder in RecordName.Folder.allCases { names += try records.names(in: folder) }
        if names.count > maximum { return [] }
        var places: [(place: Position, name: RecordName)] = []
        for name in names {
            if let place = try records.record(name)?.record?.statusPosition { places.append((place, name)) }
        }
        return places.sorted { $0.place > $1.place }
    }
}
