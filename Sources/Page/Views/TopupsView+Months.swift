import Formats
import KHOINS
import Ledger
import System

extension TopupsView.Month {
    /// This month and the one before.
    static func sums(
        _ records: borrowing RecordReader, now: Timestamp, zone: Zone
    ) throws(LedgerError) -> [TopupsView.Month] {
        let civil = now.civil(offset: zone.offset)
        let before = civil.month == 1 ? (civil.year - 1, 12) : (civil.year, civil.month - 1)
        var months = [TopupsView.Month(month: civil.month), TopupsView.Month(month: before.1)]
        var selection = RecordSelection()
        selection.kind = .topup
        selection.statuses = [.success]
        selection.since = Timestamp(CivilTime(year: before.0, month: before.1, day: 1), offset: zone.offset)
        if let index = records.index(), index.hasSums, let sums = index.sums(since: selection.since) {
            for (group, sum) in sums where group.kind == .topup && group.status == .success {
                let start = Timestamp(microseconds: Int64(group.hour) * 3_600_000_000)
                let index = start.civil(offset: zone.offset).month == civil.month ? 0 : 1
                months[index].count += sum.count
                months[index].rupiah = months[index].rupiah.addingSaturated(sum.rupiah)
            }
            return months
        }
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            guard let record = stored.record else { return true }
            let index = record.receivedAt.civil(offset: zone.offset).month == civil.month ? 0 : 1
            months[index].count += 1
            months[index].rupiah = months[index].rupiah.addingSaturated(record.callback.amount ?? 0)
            return true
        }
        return months
    }
}
