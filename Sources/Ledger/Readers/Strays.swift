import Journal
import System

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
    /// - Parameters:
    ///   - next: The number of that one; `nil` for none.
    ///   - all: The names of all records that have files.
    ///   - place: Where a record stands.
    mutating func names(
        downTo next: Position?, of all: () throws(LedgerError) -> [RecordName],
        place: (RecordName) throws(LedgerError) -> Position?
    ) throws(LedgerError) -> [RecordName] {
        let gap = (next?.next ?? Position(0))..<max(reached, next?.next ?? Position(0))
        reached = next ?? Position(0)
        hasBegun = true
        guard isNeeded, !gap.isEmpty else { return [] }
        if places == nil { places = try Self.places(try all(), place) }
        return (places ?? []).filter { gap.contains($0.place) }.map(\.name)
    }

    /// The places of these records, the newest first; none where there are too many.
    private static func places(
        _ names: [RecordName], _ place: (RecordName) throws(LedgerError) -> Position?
    ) throws(LedgerError) -> [(place: Position, name: RecordName)] {
        if names.count > maximum { return [] }
        var places: [(place: Position, name: RecordName)] = []
        for name in names {
            if let place = try place(name) { places.append((place, name)) }
        }
        return places.sorted { $0.place > $1.place }
    }
}
