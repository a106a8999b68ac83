import Formats
import Journal
import KHOINS
import System

/// Says what records were before an entry, from their files as they are now.
final class IndexBases {
    private let journal: Journal
    private let segments: [JournalSegment]
    private let end: Position
    private let lookup: JournalLookup
    /// Records that their files do not say enough of, as they are behind the last segment that tells of them.
    private var pinned: [String: String] = [:]

    /// - Parameter end: No entry has this number or a greater one.
    init(_ journal: Journal, _ segments: [JournalSegment], before end: Position) {
        self.journal = journal
        self.segments = segments
        self.end = end
        lookup = JournalLookup(journal)
    }

    /// Takes note of what a segment tells; in order.
    func pass(_ content: IndexContent) {
        for item in content.pinned { pinned[item.path] = item.json }
    }

    /// The record of a name before the entry at a position: what its older deliveries come to.
    func base(
        of name: RecordName, before position: Position, _ store: borrowing RecordStore
    ) throws(LedgerError) -> IndexBase {
        guard case .record(let record) = try store.remains(of: name),
            record.appliedUpTo.map({ $0 >= position }) ?? false
        else { return .lost }
        if record.omittedDeliveries > 0 {
            return pinned[name.path].flatMap { Record(json: Array($0.utf8)) }.map { .pinned($0) } ?? .lost
        }
        return try folded(record, before: position).map { .record($0) } ?? .lost
    }

    /// What the deliveries of a record before a position come to, none of which it leaves to the journal; `nil` where
    /// there is none, or one cannot be read.
    ///
    /// - Parameter guess: Whether a delivery was imported that arrived before one in front of it, where nobody can tell:
    ///   clocks seldom go back.
    func folded(
        _ record: Record, before position: Position, guess: Bool = true
    ) throws(LedgerError) -> Record? {
        var folded: Record?
        var newest = Int64.min
        if let expected = record.expected, expected.journal < position {
            folded = Record.applying(try expectation(expected, record), at: expected.journal, to: nil).record
        }
        for recorded in record.deliveries where recorded.journal < position {
            let arrived = recorded.receivedAt.milliseconds
            let isImported = arrived < newest ? try self.isImported(recorded) ?? guess : false
            newest = max(newest, arrived)
            guard let callback = try? CallbackReader.read(recorded.body, arrival: recorded.receivedAt) else {
                return nil
            }
            let delivery = Delivery(
                body: recorded.body, receivedAt: recorded.receivedAt, remoteAddress: recorded.remoteAddress,
                imported: isImported)
            folded = Record.applying(delivery, interpretation: callback, at: recorded.journal, to: folded).record
        }
        return folded
    }

    /// What the reseller noted. A record says of it only when; what was ordered stands in the journal.
    private func expectation(_ expected: Record.Expected, _ record: Record) throws(LedgerError) -> Expectation {
        if case .expectation(var noted) = try entry(at: expected.journal)?.entry.content {
            noted.notedAt = noted.notedAt.inMilliseconds
            return noted
        }
        return Expectation(
            trxid: record.callback.trxid ?? "", product: record.callback.product,
            destination: record.callback.destination, notedAt: expected.at)
    }

    /// Whether the journal still has what a record says that the reseller noted, and so what was ordered.
    func hasExpectation(of record: Record) throws(LedgerError) -> Bool {
        try record.expected.map { (expected) throws(LedgerError) in try entry(at: expected.journal) != nil } ?? false
    }

    /// Whether a delivery was imported; `nil` where the journal has it no more.
    private func isImported(_ recorded: Record.RecordedDelivery) throws(LedgerError) -> Bool? {
        guard case .delivery(let delivery) = try entry(at: recorded.journal)?.entry.content else { return nil }
        return delivery.imported
    }

    private func entry(at position: Position) throws(LedgerError) -> PlacedEntry? {
        guard let index = segments.lastIndex(where: { $0.first <= position }) else { return nil }
        let end = index + 1 < segments.count ? segments[index + 1].first : self.end
        return try lookup.entry(at: position, in: segments[index], before: end)
    }
}
