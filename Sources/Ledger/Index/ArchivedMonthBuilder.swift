import Formats
import Journal
import KHOINS
import System

/// Makes what stands beside an archive month, line by line: a pure function of the archive and of what is missing of the
/// journal.
///
/// What a record came to behind a stretch that was dropped, less what it came to before it, is what the journal no longer
/// says. So the sums of all months and all segments together are those of the records as they are.
struct ArchivedMonthBuilder {
    /// A line with all that can be told of it by itself.
    struct Line: Sendable {
        var name: RecordName
        /// Where it begins.
        var offset: Int
        /// `nil` where it is no record.
        var record: Record?
        var keys: [UInt64] = []

        init(_ bytes: ArraySlice<UInt8>, _ name: RecordName, offset: Int) {
            self.name = name
            self.offset = offset
            record = ArchiveLine(bytes)?.record
            guard let record else { return }
            var said = [record.callback]
            if record.deliveries.count > 1 {
                said += record.deliveries.compactMap { try? CallbackReader.read($0.body, arrival: $0.receivedAt) }
            }
            keys = Array(Set(said.flatMap { IndexedKey.hashes($0) }))
        }
    }

    private let month: ArchiveMonth
    private let start: Timestamp
    private let dropped: DroppedStretches
    private let bases: IndexBases
    private(set) var head = ArchivedMonthHead()
    private var sums = IndexSums()
    private var rows: [(row: ArchivedMonth.Row, code: UInt8)] = []
    /// Keys by the order of lines; the places of rows are known at the end.
    private var keys: [UInt64] = []

    /// - Parameters:
    ///   - dropped: What is missing of the journal.
    ///   - bases: Says what records were behind some of their entries.
    init(_ month: ArchiveMonth, _ dropped: DroppedStretches, _ bases: IndexBases) {
        self.month = month
        self.dropped = dropped
        self.bases = bases
        start = month.start
        head.dropped = dropped
    }

    /// Something of the file cannot be told.
    mutating func doubt() { head.isDoubtful = true }

    /// Leaves out a line, as one of another month is newer.
    mutating func leaveOut(_ line: Line) { head.leftOut.append(line.offset) }

    /// Takes in a line that none is newer than.
    ///
    /// - Parameter older: Lines of other months about the same record.
    mutating func add(_ line: Line, older: [ArchiveLocation]) throws(LedgerError) {
        guard let record = line.record, let entries = record.entries,
            rows.count < 1 << IndexedKey.ordinalBits
        else {
            doubt()
            return
        }
        head.supersedes += older
        head.positions =
            head.positions.isEmpty
            ? entries
            : min(head.positions.lowerBound, entries.lowerBound)..<max(head.positions.upperBound, entries.upperBound)
        head.newest = max(head.newest, record.lastArrival.milliseconds)
        if let balance = record.callback.balance, record.receivedAt.milliseconds >= head.balanceAt {
            head.balance = balance
            head.balanceAt = record.receivedAt.milliseconds
        }
        for key in line.keys { keys.append(key << UInt64(IndexedKey.ordinalBits) | UInt64(rows.count)) }
        try count(record, entries)
        place(record, entries, line.offset)
    }

    /// Counts what the journal no longer says of a record.
    private mutating func count(_ record: Record, _ entries: Range<Int>) throws(LedgerError) {
        let missing = dropped.touching(entries)
        if missing.count == 1, entries.clamped(to: missing[0]) == entries {
            count(IndexedState(record), 1)
            return
        }
        if !missing.isEmpty, record.omittedDeliveries > 0 {
            doubt()
            return
        }
        if missing.isEmpty { return }
        var guesses: [Bool] = []
        for guess in [true, false] {
            let folded = try bases.folded(record, before: Position(entries.upperBound), guess: guess)
            if folded.map({ IndexedState($0) }) == IndexedState(record) { guesses.append(guess) }
        }
        for range in missing where record.mayHaveEntries(in: range) {
            if range.lowerBound > entries.lowerBound { try count(record, before: range.lowerBound, guesses, -1) }
            try count(record, before: range.upperBound, guesses, 1)
        }
    }

    /// Counts what a record came to before an entry, as far as that can still be told.
    ///
    /// - Parameter guesses: What may be taken for imported so that the record comes to what it is.
    private mutating func count(
        _ record: Record, before number: Int, _ guesses: [Bool], _ sign: Int
    ) throws(LedgerError) {
        var possible: [Record] = []
        for guess in guesses {
            if let folded = try bases.folded(record, before: Position(number), guess: guess) { possible.append(folded) }
        }
        guard let folded = possible.first, possible.allSatisfy({ IndexedState($0) == IndexedState(folded) }) else {
            doubt()
            return
        }
        // What was ordered stands in the journal alone.
        if folded.deliveries.isEmpty, try !bases.hasExpectation(of: record) { head.hasDoubtfulProducts = true }
        count(IndexedState(folded), sign)
    }

    private mutating func count(_ state: IndexedState, _ sign: Int) {
        sums.count(state, sign)
        let hour = state.hour
        head.hours =
            head.hours.isEmpty
            ? hour..<(hour + 1) : min(head.hours.lowerBound, hour)..<max(head.hours.upperBound, hour + 1)
    }

    private mutating func place(_ record: Record, _ entries: Range<Int>, _ offset: Int) {
        let seconds = record.receivedAt.seconds - start.seconds
        let place = record.statusPosition
        rows.append(
            (
                ArchivedMonth.Row(
                    place: place ?? Position(entries.upperBound - 1), offset: offset,
                    seconds: Int(min(max(0, seconds), 1 << Int64(ArchivedMonth.Row.secondBits) - 1))),
                record.code | (place.map { dropped.contains($0) } ?? true ? IndexedKind.place : 0)
            ))
    }

    /// The bytes of a file.
    ///
    /// - Parameter mark: What tells the bytes that this was made from.
    func made(_ length: Int, _ mark: UInt32) -> [UInt8] {
        var head = head
        head.sourceLength = length
        head.sourceMark = mark
        var content = IndexContent(first: .first)
        sums.put(into: &content)
        head.magnitude = content.magnitude
        let order = rows.indices.sorted { rows[$0].row.place < rows[$1].row.place }
        var ordinals = [Int](repeating: 0, count: rows.count)
        for (ordinal, index) in order.enumerated() { ordinals[index] = ordinal }
        let mask = UInt64(1) << UInt64(IndexedKey.ordinalBits) - 1
        let keys = keys.map { $0 & ~mask | UInt64(ordinals[Int($0 & mask)]) }.sorted()
        let codes = order.map { rows[$0].code }
        for code in codes {
            if code & IndexedKind.place != 0 { head.placeCounts[Int(code & IndexedKind.mask)] += 1 }
            if code & IndexedKind.bearsReversed != 0 { head.markCounts[0] += 1 }
            if code & IndexedKind.bearsUnclear != 0 { head.markCounts[1] += 1 }
            if code & IndexedKind.bearsDamaged != 0 { head.markCounts[2] += 1 }
        }
        return ArchivedMonth.bytes(head, content, codes: codes, rows: order.map { rows[$0].row }, keys: keys)
    }
}

extension Record {
    /// Its kind and status, and the marks that it bears.
    fileprivate var code: UInt8 {
        var code = IndexedKind.code(callback.kind, status)
        if reversed { code |= IndexedKind.bearsReversed }
        if unclear { code |= IndexedKind.bearsUnclear }
        if callback.damaged { code |= IndexedKind.bearsDamaged }
        return code
    }
}

extension ArchiveMonth {
    /// When it begins.
    var start: Timestamp {
        Timestamp(CivilTime(year: ordinal / 12, month: ordinal % 12 + 1, day: 1), offset: 0)
    }
}
