import Formats
import Journal
import KHOINS
import Ledger
import System

/// What the records of some days come to.
struct Tally {
    /// Counts of one hour or day.
    struct Counts {
        var success = 0
        var failed = 0
        var pending = 0
        /// Expired, cancelled, refunded, unknown.
        var other = 0
        /// Rupiah of the successful ones.
        var spent = 0

        var all: Int { success + failed + pending + other }
        /// Those that ended one way or the other.
        var ended: Int { success + failed }

        mutating func add(_ record: Record) {
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
    struct Case {
        var name: RecordName
        var trxid: String
        var product: String?
        var destination: String?
        var since: Timestamp
    }

    /// Pending for longer than this many seconds is too long.
    static let patience: Int64 = 600
    /// Records that are looked at, at most.
    static let maximum = 40_000
    /// Those that are told one by one.
    private static let maximumCases = 50

    /// Today's hours, 0 to 23.
    var hours = [Counts](repeating: Counts(), count: 24)
    /// Days, today first.
    var days: [Counts]
    var reasons: [(reason: String, count: Int)] = []
    var late: [Case] = []
    var lateCount = 0
    var reversed = 0
    var unclear = 0
    var balance: (rupiah: Int, at: Timestamp)?
    var newest: Timestamp?
    /// How many callbacks came within the hours that are told, to say how often one usually comes at this time.
    private(set) var arrivals = 0
    /// Not all of them were looked at.
    private(set) var isPartial = false
    private var midnight: Timestamp

    var today: Counts { days[0] }

    /// - Parameter dayCount: How many days, today's among them.
    init(_ records: borrowing RecordReader, now: Timestamp, zone: Zone, dayCount: Int) throws(LedgerError) {
        midnight = zone.midnight(of: now)
        days = [Counts](repeating: Counts(), count: dayCount)
        var selection = RecordSelection()
        selection.since = Timestamp(microseconds: midnight.microseconds - Int64(dayCount - 1) * 86_400_000_000)
        var left = Self.maximum
        var reasonCounts: [String: Int] = [:]
        _ = try records.newestFirst(selection) { (stored) throws(LedgerError) in
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
