import Formats
import Journal
import KHOINS
import System

/// Goes through the lines of all archive months that are where their records stand, from the newest on.
struct ArchivedWalk {
    /// One month's way.
    private struct Way {
        let month: ArchivedMonth
        let codes: [UInt8]
        /// Rows that are not behind this.
        var rest: Int
        var row: ArchivedMonth.Row?
    }

    private let archived: ArchivedMonths
    private let wanted: [Bool]
    private let since: Timestamp?
    private let until: Timestamp?
    private var ways: [Way] = []
    /// Something was damaged, so that not all is handed over.
    private(set) var isBroken = false

    /// - Parameters:
    ///   - wanted: Which codes, see `IndexedKind`.
    ///   - end: Leaves out records that have their places at this position or behind it.
    init(
        _ archived: ArchivedMonths, _ wanted: [Bool], before end: Position, since: Timestamp?, until: Timestamp?
    ) throws(LedgerError) {
        self.archived = archived
        self.wanted = wanted
        self.since = since
        self.until = until
        for month in archived.months {
            let start = month.month.start
            guard month.head.placeCounts.indices.contains(where: { wanted[$0] && month.head.placeCounts[$0] > 0 }),
                since.map({ $0 < ArchiveMonth(ordinal: month.month.ordinal + 1).start }) ?? true,
                until.map({ $0 > start }) ?? true
            else { continue }
            guard let codes = try month.codes(), let rest = try month.rowCount(before: end) else {
                fail(month)
                continue
            }
            var way = Way(month: month, codes: codes, rest: rest)
            try advance(&way)
            ways.append(way)
        }
    }

    private mutating func fail(_ month: ArchivedMonth) {
        month.drop()
        isBroken = true
    }

    private mutating func advance(_ way: inout Way) throws(LedgerError) {
        way.row = nil
        let start = way.month.month.start.seconds
        while way.rest > 0 {
            way.rest -= 1
            let code = way.codes[way.rest]
            guard code & IndexedKind.place != 0, wanted[Int(code & IndexedKind.mask)] else { continue }
            guard let row = try way.month.row(way.rest) else {
                fail(way.month)
                way.rest = 0
                return
            }
            let seconds = start + Int64(row.seconds)
            // A row has whole seconds.
            if since.map({ seconds + 1 < $0.seconds }) ?? false { continue }
            if until.map({ seconds > $0.seconds }) ?? false { continue }
            way.row = row
            return
        }
    }

    /// The next record's place; `nil` at the end.
    var place: Position? { ways.compactMap(\.row?.place).max() }

    /// Goes one on.
    ///
    /// - Returns: The record whose place that was; `nil` at the end, or where its line cannot be read.
    mutating func next() throws(LedgerError) -> RecordName? {
        guard let place, let index = ways.firstIndex(where: { $0.row?.place == place }), let row = ways[index].row
        else { return nil }
        let name = try archived.name(row, of: ways[index].month)
        if name == nil { isBroken = true }
        var way = ways[index]
        try advance(&way)
        ways[index] = way
        return name
    }
}
