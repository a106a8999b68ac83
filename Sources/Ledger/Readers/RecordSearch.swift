import Formats
import Journal
import KHOINS
import System

/// What an operator looks for: a TRX ID or its beginning, a number, an SN, a token or a member, or a part of one.
package struct RecordSearch: Sendable {
    /// Bytes that a text must have, so that not everything is found.
    package static let minimumLength = 3
    /// Records of one page.
    package static let pageLength = 50
    /// Records that one request looks at, and nanoseconds that it takes for that.
    package static let maximum = 40_000
    private static let patience: Int64 = 1_000_000_000

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
        let start = Clock.nanoseconds
        try records.newestFirst(RecordSelection(), before: before) { (stored) throws(LedgerError) in
            guard let record = stored.record else { return true }
            results.looked += 1
            results.oldest = record.receivedAt
            if matches(record) { results.records.append(stored) }
            let isEnough =
                results.records.count >= Self.pageLength || results.looked >= Self.maximum
                || Clock.nanoseconds - start > Self.patience
            if isEnough { results.next = record.statusPosition }
            return !isEnough
        }
        return results
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
