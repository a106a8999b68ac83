import Formats
import Journal
import KHOINS
import System

/// What the records of some days come to.
package struct RecentDays {
    /// Counts of one hour or day.
    package struct Counts {
        package var success = 0
        package var failed = 0
        package var pending = 0
        /// Expired, cancelled, refunded, unknown.
        package var other = 0
        /// Rupiah of the successful ones.
        package var spent = 0

        package var all: Int { success + failed + pending + other }
        /// Those that ended one way or the other.
        package var ended: Int { success + failed }

        package init() {}

        package mutating func add(_ record: Record) {
            switch record.status {
            case .success:
                success += 1
                spent = spent.addingSaturated(record.callback.price ?? 0)
            case .failed: failed += 1
            case .pending: pending += 1
            case .expired, .cancelled, .refunded, .unknown: other += 1
            }
        }
    }

    /// A record that somebody should look at.
    package struct Case {
        package var name: RecordName
        package var trxid: String
        package var product: String?
        package var destination: String?
        package var since: Timestamp
    }

    /// Pending for longer than this many seconds is too long.
    package static let patience: Int64 = 600
    /// Records that are looked at, at most.
    package static let maximum = 40_000
    /// Those that are told one by one.
    private static let maximumCases = 50

    /// Today's hours, 0 to 23.
    package var hours = [Counts](repeating: Counts(), count: 24)
    /// Days, today first.
    package var days: [Counts]
    package var reasons: [(reason: String, count: Int)] = []
    package var late: [Case] = []
    package var lateCount = 0
    package var reversed = 0
    package var unclear = 0
    package var balance: (rupiah: Int, at: Timestamp)?
    package var newest: Timestamp?
    /// How many callbacks came within the hours that are told, to say how often one usually comes at this time.
    package private(set) var arrivals = 0
    /// Not all of them were looked at.
    package private(set) var isPartial = false
    private var midnight: Timestamp

    package var today: Counts { days[0] }

    /// - Parameter dayCount: How many days, today's among them.
    package init(_ records: borrowing RecordReader, now: Timestamp, zone: Zone, dayCount: Int) throws(LedgerError) {
        midnight = zone.midnight(of: now)
        days = [Counts](repeating: Counts(), count: dayCount)
        var selection = RecordSelection()
        selection.since = Timestamp(microseconds: midnight.microseconds - Int64(dayCount - 1) * 86_400_000_000)
        var left = Self.maximum
        var reasonCounts: [String: Int] = [:]
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            guard let record = stored.record else { return true }
            add(record, stored.name, now, &reasonCounts)
            left -= 1
            return left > 0
        }
        isPartial = left == 0
        reasons = reasonCounts.map { (reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }

    private mutating func add(
        _ record: Record, _ name: RecordName, _ now: Timestamp, _ reasonCounts: inout [String: Int]
    ) {
        let callback = record.callback
        newest = max(newest ?? record.lastArrival, record.lastArrival)
        if let rupiah = callback.balance, balance.map({ $0.at < record.receivedAt }) ?? true {
            balance = (rupiah, record.receivedAt)
        }
        guard callback.kind == .transaction else { return }
        let age = midnight.microseconds - record.receivedAt.microseconds
        let day = age <= 0 ? 0 : Int((age - 1) / 86_400_000_000) + 1
        if day < days.count { days[day].add(record) }
        if day == 0 {
            arrivals += 1
            let hour = Int((record.receivedAt.microseconds - midnight.microseconds) / 3_600_000_000)
            if hours.indices.contains(hour) { hours[hour].add(record) }
            if record.status == .failed { reasonCounts[callback.reason ?? "", default: 0] += 1 }
            if record.reversed { reversed += 1 }
            if record.unclear || record.status == .unknown { unclear += 1 }
        }
        if record.status == .pending, now.seconds - record.knownSince.seconds > Self.patience {
            lateCount += 1
            if late.count < Self.maximumCases {
                late.append(
                    Case(
                        name: name, trxid: callback.trxid ?? name.shown, product: callback.product,
                        destination: callback.destination, since: record.knownSince))
            }
        }
    }
}
