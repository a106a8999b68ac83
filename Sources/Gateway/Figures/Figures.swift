import Formats
import Journal
import Ledger
import System

/// The installation in a few numbers: what `status` says, and what monitoring gets.
package struct Figures: Sendable {
    /// Days that are looked at where there is no index.
    private static let dayCount = 14
    /// A record of that many days says that `archive` is due, which is run for those of so many.
    private static let (oldDays, archivedDays): (Int64, Int64) = (180, 90)
    /// Of the file system, less than one part in so many is little.
    private static let littleShare = 20

    /// Why no callback can be stored now; `nil` if one can, or nobody has tried.
    package var failure: String?
    /// Why nobody has tried; `nil` if somebody has.
    package var untried: String?
    package var newest: Timestamp?
    package var today = RecentDays.Counts()
    package var balance: (rupiah: Int, at: Timestamp)?
    /// Pending for more than ten minutes.
    package var late = 0
    /// There may be more of these, from before the last 14 days.
    package var isLatePartial = false
    package var reversed = 0
    package var unclear = 0
    /// Deliveries of today that were no callbacks.
    package var rejected = 0
    package var bytes: Inspection.Room?
    package var files: Inspection.Room?
    package var oldestEntry: Timestamp?
    package var journalBytes = 0
    /// Whoever follows the journal, and how far each has come.
    package var followers: [CursorReport] = []
    /// How it is with the other servers; `nil` for one that is alone.
    package var cluster: ClusterOverview?
    /// Not all records of the days were looked at.
    package var isPartial = false
    /// What could not be read.
    package var unreadable: [String] = []
    /// Records that are no whole ones, and stretches of the journal that hold no whole line.
    package var damaged: [String] = []
    /// Records that the journal speaks of and that are not there.
    package var missing: [String] = []
    /// `archive` would move records that are so old that it is worth running.
    package var isArchiveDue = false
    package let now: Timestamp
    package let zone: Zone

    /// Looks at a data directory. Before the first callback there is nothing to tell but the room.
    package init(
        _ directory: String, now: Timestamp, zone: Zone, failure: String?, untried: String? = nil,
        cluster: ClusterOverview? = nil
    ) throws(LedgerError) {
        self.now = now
        self.zone = zone
        self.failure = failure
        self.untried = failure == nil ? untried : nil
        self.cluster = cluster
        if let inspection = try? Inspection(path: directory) {
            bytes = inspection.bytes
            files = inspection.files
            newest = inspection.newestCallback
        }
        guard let records = try RecordReader(path: directory) else { return }
        let tally = try RecentDays(records, now: now, zone: zone, dayCount: Self.dayCount)
        today = tally.today
        balance = tally.balance
        late = tally.lateCount
        isLatePartial = tally.isLateCountPartial
        reversed = tally.reversed
        unclear = tally.unclear
        isPartial = tally.isPartial
        rejected = try records.rejectionCount(since: zone.midnight(of: now)).count
        journalBytes = try records.journal.stretches().reduce(0) { $0 + $1.bytes }
        var oldest: Timestamp?
        try records.journal.read { (chunk) throws(LedgerError) in
            oldest = chunk.entries.first?.entry.content.time
            return oldest == nil
        }
        oldestEntry = oldest
        isArchiveDue = try records.hasOldRecords(
            from: Self.daysAgo(Self.oldDays, now), archivedBefore: Self.daysAgo(Self.archivedDays, now))
        unreadable = records.unreadable
        damaged = records.damaged + records.damagedStretches
        missing = records.missing
        // One that another server tells the shop under stands still here, and that is as it should be.
        followers = try CursorReader(path: directory).reports().filter { cluster?.otherTeller(of: $0.name) == nil }
    }

    private static func daysAgo(_ days: Int64, _ now: Timestamp) -> Timestamp {
        Timestamp(microseconds: now.microseconds - days * 86_400_000_000)
    }

    package static func isLittle(_ room: Inspection.Room) -> Bool { room.free < room.all / littleShare }

    /// Whether somebody should look at something.
    package var needsLook: Bool {
        late > 0 || reversed > 0 || unclear > 0 || rejected > 0 || isArchiveDue
            || !(unreadable.isEmpty && damaged.isEmpty && missing.isEmpty)
            || followers.contains { $0.isLate(now) } || cluster?.needsLook ?? false
            || [bytes, files].contains { $0.map(Self.isLittle) ?? false }
    }
}
