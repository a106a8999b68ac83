import Formats
import Journal
import KHOINS
import System

/// What an operator looks for: a TRX ID or its beginning, a number, an SN, a token or a member, or a part of one.
package struct RecordSearch: Sendable {
    /// Bytes that a text must have, so that not everything is found.
    package static let minimumLength = 3
    /// Records of one page.
    package static let pageLength = 25

    /// How far one look goes.
    package struct Bounds: Sendable {
        /// Records that it looks at, at most.
        package var records: Int
        /// Nanoseconds after which it looks at no more.
        package var time: Int64

        package init(records: Int, time: Int64) {
            self.records = records
            self.time = time
        }

        /// What somebody waits for.
        package static let usual = Bounds(records: 40_000, time: 1_000_000_000)
    }

    /// As it was typed, without the white space around it.
    package let text: String
    private let folded: [UInt8]
    private let digits: [UInt8]

    package init?(_ text: String) {
        let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard trimmed.utf8.count >= Self.minimumLength, trimmed.utf8.count <= 200 else { return nil }
        self.text = trimmed
        folded = Array(trimmed.lowercased().utf8)
        digits = trimmed.lettersAndDigits
    }

    package struct Results {
        package var records: [StoredRecord] = []
        /// Where to go on, if there may be more.
        package var next: Position?
        /// How far back was looked.
        package var oldest: Timestamp?
        package var looked = 0
        /// All of these have that very number, SN, token or member. Where to go on, parts of others are looked for.
        package var isExact = false
    }

    package func run(_ records: borrowing RecordReader, before: Position?) throws(LedgerError) -> Results {
        var results = Results()
        if before == nil, let index = records.index(), let found = try records.exactly(self, by: index), !found.isEmpty
        {
            results.records = Array(found.prefix(Self.pageLength))
            results.isExact = true
            results.next = index.end
            return results
        }
        let reach = try look(records, RecordSelection(), before: before) { stored in
            results.records.append(stored)
            return results.records.count < Self.pageLength
        }
        results.looked = reach.looked
        results.oldest = reach.oldest
        results.next = reach.next
        return results
    }

    /// How far a look went.
    package struct Reach {
        package var looked = 0
        /// When the last one that was looked at got its status.
        package var oldest: Timestamp?
        /// Where to go on, if not all was looked at.
        package var next: Position?
        /// It went as far as it may.
        package var isCut = false

        package init() {}
    }

    /// Hands over the wanted records that say this or a part of it, the newest first, until `take` answers `false`. Looks
    /// at them one by one, and no further than somebody waits.
    ///
    /// - Parameters:
    ///   - bounds: `nil` looks at all there are, however long that takes.
    ///   - progress: Told how much of the journal was read, in bytes.
    package func look(
        _ records: borrowing RecordReader, _ selection: RecordSelection, before: Position? = nil,
        bounds: Bounds? = .usual, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in },
        _ take: (StoredRecord) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Reach {
        var reach = Reach()
        let start = Clock.nanoseconds
        // Each that is looked at counts, not those alone that are found.
        var looked = selection
        looked.search = nil
        looked.product = nil
        looked.knownBefore = nil
        try records.newestFirst(looked, before: before, progress: progress) { (stored) throws(LedgerError) in
            guard let record = stored.record else { return true }
            reach.looked += 1
            reach.oldest = record.receivedAt
            reach.isCut =
                bounds.map { reach.looked >= $0.records || Clock.nanoseconds - start > $0.time } ?? false
            var goesOn = true
            if matches(record), selection.wants(record) { goesOn = try take(stored) }
            if reach.isCut || !goesOn { reach.next = record.statusPosition }
            return !reach.isCut && goesOn
        }
        return reach
    }

    /// Whether there is a transaction of that very id.
    package func isExact(_ records: borrowing RecordReader) throws(LedgerError) -> Bool {
        guard let name = RecordName(trxid: text) else { return false }
        return try records.record(name)?.record != nil
    }

    /// Whether a record says this, or one of its deliveries did.
    package func matches(_ record: Record) -> Bool {
        if matches(record.callback) { return true }
        // A number that an earlier delivery named may be what the customer has.
        return record.deliveries.count > 1
            && record.deliveries.contains { delivery in
                (try? CallbackReader.read(delivery.body, arrival: delivery.receivedAt)).map(matches) ?? false
            }
    }

    private func matches(_ callback: Callback) -> Bool {
        for part in [callback.trxid, callback.memberid, callback.serialNumber, callback.destination] {
            guard let part else { continue }
            if Array(part.lowercased().utf8).firstRange(of: folded) != nil { return true }
            if digits.count >= Self.minimumLength, part.lettersAndDigits.firstRange(of: digits) != nil { return true }
        }
        return false
    }
}
