import Formats
import Journal
import KHOINS
import Ledger
import System

/// What a list shows, as its address says.
struct ListQuery {
    /// Rows of a page.
    static let pageLength = 25

    enum Choice: String, CaseIterable {
        case all = ""
        case success = "sukses"
        case failed = "gagal"
        case pending = "pending"
        /// Expired, cancelled, refunded, unknown.
        case other = "lainnya"
        case reversed = "berbalik"
        case unclear = "tidak-jelas"
    }

    var choice = Choice.all
    /// First and last day; today where none is given, and for those that a status or mark is asked for, any.
    var from: Timestamp?
    var to: Timestamp?
    var before: Position?

    init(_ request: PanelRequest, now: Timestamp, zone: Zone) {
        choice = request.value("status").flatMap { Choice(rawValue: $0.lowercased()) } ?? .all
        from = request.value("dari").flatMap { Self.day($0, zone) }
        to = request.value("sampai").flatMap { Self.day($0, zone) }
        before = request.value("sebelum").flatMap { Position($0) }
        if from == nil, to == nil, before == nil || choice == .all, [.all, .success, .failed, .other].contains(choice) {
            from = zone.midnight(of: now)
        }
    }

    /// Reads `2026-11-25`.
    private static func day(_ text: String, _ zone: Zone) -> Timestamp? {
        guard let civil = CivilTime(iso8601: Array("\(text)T00:00:00".utf8)[...]) else { return nil }
        return Timestamp(civil, offset: zone.offset)
    }

    /// The end of the last day.
    var until: Timestamp? { to.map { Timestamp(microseconds: $0.microseconds + 86_400_000_000) } }

    var selection: RecordSelection {
        var selection = RecordSelection()
        selection.kind = .transaction
        switch choice {
        case .all: break
        case .success: selection.statuses = [.success]
        case .failed: selection.statuses = [.failed]
        case .pending: selection.statuses = [.pending]
        case .other: selection.statuses = [.expired, .cancelled, .refunded, .unknown]
        case .reversed: selection.marks = [.reversed]
        case .unclear:
            selection.statuses = [.unknown]
            selection.marks = [.unclear]
        }
        selection.since = from
        selection.until = until
        return selection
    }
}

/// One page of a list.
struct ListPage {
    var records: [StoredRecord] = []
    /// Where the next page begins; `nil` on the last one.
    var next: Position?

    init(
        _ records: borrowing RecordReader, _ selection: RecordSelection, before: Position?, length: Int
    ) throws(LedgerError) {
        var page = ListPage()
        try records.newestFirst(selection, before: before) { (stored) throws(LedgerError) in
            if page.records.count == length {
                page.next = page.records.last?.record?.statusPosition
                return false
            }
            page.records.append(stored)
            return true
        }
        self = page
    }

    private init() {}
}

/// How many there are of each kind in the days that a list shows.
struct ListCounts {
    var counts = RecentDays.Counts()
    var isPartial = false

    init(_ records: borrowing RecordReader, _ query: ListQuery) throws(LedgerError) {
        var selection = RecordSelection()
        selection.kind = .transaction
        selection.since = query.from
        selection.until = query.until
        var sum = RecentDays.Counts()
        if let index = records.index(), index.hasSums, let sums = index.sums(since: query.from, until: query.until) {
            for (group, item) in sums where group.kind == .transaction { sum.add(group.status, item) }
            counts = sum
            return
        }
        var left = RecentDays.maximum
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            if let record = stored.record { sum.add(record) }
            left -= 1
            return left > 0
        }
        counts = sum
        isPartial = left == 0
    }
}
