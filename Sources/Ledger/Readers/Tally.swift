import Formats
import KHOINS

/// Counts over records.
package struct Tally: Sendable {
    /// What is counted together.
    package struct Key: Hashable, Comparable, Sendable {
        /// What the caller counts by: `2026-11-22`, or a product.
        package var day: String
        package var kind: Callback.Kind
        package var status: Status

        package static func < (left: Key, right: Key) -> Bool { left.order < right.order }

        private var order: (String, Int, Int) {
            (
                day, kind == .transaction ? 0 : 1,
                Status.allCases.firstIndex(of: status) ?? 0
            )
        }
    }

    package struct Sum: Equatable, Sendable {
        package var count = 0
        /// Prices of transactions, amounts of top-ups, as far as they are known.
        package var rupiah = 0

        fileprivate mutating func add(_ other: Sum) {
            count = count.addingSaturated(other.count)
            // What a stranger may have sent is in here.
            rupiah = rupiah.addingSaturated(other.rupiah)
        }
    }

    package private(set) var sums: [Key: Sum] = [:]
    /// Since when each transaction waits that has no final status.
    package private(set) var waitingSince: [Timestamp] = []
    /// Microseconds from a noted order to its final status, where both are known.
    package private(set) var answerTimes: [Int64] = []

    /// Records behind whose final status something came that could not be read.
    package var unclear = 0

    private let group: @Sendable (Record) -> String

    /// - Parameter group: What a record is counted with, such as the day on which its status came.
    package init(group: @escaping @Sendable (Record) -> String) {
        self.group = group
    }

    package mutating func add(_ record: Record) {
        let callback = record.callback
        let key = Key(day: group(record), kind: callback.kind, status: record.status)
        let rupiah = callback.kind == .topup ? callback.amount : callback.price
        sums[key, default: Sum()].add(Sum(count: 1, rupiah: rupiah ?? 0))
        if record.unclear { unclear += 1 }
        guard callback.kind == .transaction else { return }
        if !record.status.isFinal {
            waitingSince.append(record.knownSince)
        } else if let expected = record.expected, expected.at <= record.receivedAt {
            answerTimes.append(record.receivedAt.microseconds - expected.at.microseconds)
        }
    }

    /// Adds what was counted before.
    mutating func add(_ sum: RecordIndex.Sum, _ key: Key) {
        sums[key, default: Sum()].add(Sum(count: sum.count, rupiah: sum.rupiah))
    }

    mutating func add(answers: [Int64]) { answerTimes += answers }

    mutating func add(waitingSince time: Timestamp) { waitingSince.append(time) }

    /// Of all days together; the keys have no day.
    package var totals: [Key: Sum] {
        sums.reduce(into: [:]) { totals, item in
            var key = item.key
            key.day = ""
            totals[key, default: Sum()].add(item.value)
        }
    }

    /// How many transactions ended well, of how many that ended at all.
    package var success: (good: Int, ended: Int) {
        totals.reduce(into: (0, 0)) { success, item in
            guard item.key.kind == .transaction, item.key.status.isFinal else { return }
            success.1 += item.value.count
            if item.key.status == .success { success.0 += item.value.count }
        }
    }
}

/// The middle one of sorted values; of an even number, the earlier of the two in the middle.
package func median<Value: Comparable>(_ values: [Value]) -> Value? {
    values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
}
