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

        package mutating func add(_ record: Record) { add(record.status, (1, record.callback.price ?? 0)) }

        package mutating func add(_ status: Status, _ sum: RecordIndex.Sum) {
            switch status {
            case .success:
                success += sum.count
                spent = spent.addingSaturated(sum.rupiah)
            case .failed: failed += sum.count
            case .pending: pending += sum.count
            case .expired, .cancelled, .refunded, .unknown: other += sum.count
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
    /// There may be more of these: not all that may wait were looked at.
    package private(set) var isLateCountPartial = false
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

    /// - Parameters:
    ///   - dayCount: How many days, today's among them.
    ///   - maximumWaiting: Of records that may wait, so many are looked at, the newest ones.
    package init(
        _ records: borrowing RecordReader, now: Timestamp, zone: Zone, dayCount: Int, maximumWaiting: Int = .max
    ) throws(LedgerError) {
        midnight = zone.midnight(of: now)
        days = [Counts](repeating: Counts(), count: dayCount)
        var selection = RecordSelection()
        selection.since = Timestamp(microseconds: midnight.microseconds - Int64(dayCount - 1) * 86_400_000_000)
        if let index = records.index(), try take(index, records, selection, now, maximumWaiting) { return }
        var left = Self.maximum
        var reasonCounts: [String: Int] = [:]
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            guard let record = stored.record else { return true }
            add(record, stored.name, now, &reasonCounts)
            left -= 1
            return left > 0
        }
        isPartial = left == 0
        if !isPartial, maximumWaiting > 0 { try addOlderWaiting(records, before: selection.since, now) }
        reasons = reasonCounts.map { (reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }

    /// Bytes of a journal that is looked through for what waits since before these days.
    private static let maximumSearched = 4 << 20

    /// Adds what waits since before these days, where no index names it.
    private mutating func addOlderWaiting(
        _ records: borrowing RecordReader, before start: Timestamp?, _ now: Timestamp
    ) throws(LedgerError) {
        guard try records.journal.stretches().reduce(0, { $0 + $1.bytes }) <= Self.maximumSearched else {
            isLateCountPartial = true
            return
        }
        var selection = RecordSelection()
        selection.kind = .transaction
        selection.statuses = [.pending]
        selection.until = start
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            if let record = stored.record { addLate(record, stored.name, now) }
            return true
        }
    }

    /// Takes all of it from the index.
    ///
    /// - Returns: Whether that tells it.
    private mutating func take(
        _ index: RecordIndex, _ records: borrowing RecordReader, _ selection: RecordSelection, _ now: Timestamp,
        _ maximumWaiting: Int
    ) throws(LedgerError) -> Bool {
        guard index.hasSums, let waiting = index.waiting(),
            let sums = index.sums(since: selection.since)
        else {
            return false
        }
        newest = index.newest
        balance = index.balance
        for (group, sum) in sums where group.kind == .transaction {
            let start = Timestamp(hour: group.hour)
            let day = day(of: start)
            if day < days.count { days[day].add(group.status, sum) }
            let hour = Int((start.microseconds - midnight.microseconds) / 3_600_000_000)
            if day == 0, hours.indices.contains(hour) { hours[hour].add(group.status, sum) }
        }
        arrivals = today.all
        let marks = index.marks(.transaction, since: midnight)
        reversed = marks.reversed
        unclear =
            marks.unclear
            + (sums.filter { $0.key.isUnknown && day(of: Timestamp(hour: $0.key.hour)) == 0 })
            .reduce(0) { $0 + $1.value.count }
        reasons = index.reasons(since: midnight).map { (reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
        isLateCountPartial = waiting.count > maximumWaiting
        for name in waiting.prefix(maximumWaiting) {
            if let record = try records.waiting(name) { addLate(record, name, now) }
        }
        return true
    }

    /// 0 is today, and what is to come.
    private func day(of moment: Timestamp) -> Int {
        let age = midnight.microseconds - moment.microseconds
        return age <= 0 ? 0 : Int((age - 1) / 86_400_000_000) + 1
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
        let day = day(of: record.receivedAt)
        if day < days.count { days[day].add(record) }
        if day == 0 {
            arrivals += 1
            let hour = Int((record.receivedAt.microseconds - midnight.microseconds) / 3_600_000_000)
            if hours.indices.contains(hour) { hours[hour].add(record) }
            if record.status == .failed { reasonCounts[callback.reason ?? "", default: 0] += 1 }
            if record.reversed { reversed += 1 }
            if record.unclear || record.status == .unknown { unclear += 1 }
        }
        addLate(record, name, now)
    }

    private mutating func addLate(_ record: Record, _ name: RecordName, _ now: Timestamp) {
        guard record.callback.kind == .transaction, record.status == .pending,
            now.seconds - record.knownSince.seconds > Self.patience
        else { return }
        lateCount += 1
        if late.count < Self.maximumCases {
            late.append(
                Case(
                    name: name, trxid: record.callback.trxid ?? name.shown, product: record.callback.product,
                    destination: record.callback.destination, since: record.knownSince))
        }
    }
}
