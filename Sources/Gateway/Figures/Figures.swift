import Formats
import Journal
import Ledger
import System

/// The installation in a few numbers: what `status` says, and what monitoring gets.
package struct Figures: Sendable {
    /// Days of whose transactions those that wait too long are told.
    private static let dayCount = 14
    /// An oldest entry of that many days says that `archive` is due.
    private static let archiveDays: Int64 = 180
    /// Of the file system, less than one part in so many is little.
    private static let littleShare = 20

    /// Why no callback can be stored now; `nil` if one can, or nobody has tried.
    package var failure: String?
    package var newest: Timestamp?
    package var today = RecentDays.Counts()
    package var balance: (rupiah: Int, at: Timestamp)?
    /// Pending for more than ten minutes, of the last 14 days.
    package var late = 0
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
    package let now: Timestamp
    package let zone: Zone

    /// Looks at a data directory. Before the first callback there is nothing to tell but the room.
    package init(
        _ directory: String, now: Timestamp, zone: Zone, failure: String?, cluster: ClusterOverview? = nil
    ) throws(LedgerError) {
        self.now = now
        self.zone = zone
        self.failure = failure
        self.cluster = cluster
        if let inspection = try? Inspection(path: directory) {
            bytes = inspection.bytes
            files = inspection.files
            newest = inspection.newestEntry
        }
        guard let records = try RecordReader(path: directory) else { return }
        let tally = try RecentDays(records, now: now, zone: zone, dayCount: Self.dayCount)
        today = tally.today
        balance = tally.balance
        late = tally.lateCount
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
        unreadable = records.unreadable
        // One that another server tells the shop under stands still here, and that is as it should be.
        followers = try CursorReader(path: directory).reports().filter { cluster?.otherTeller(of: $0.name) == nil }
    }

    /// Whether the oldest entries are so old that `archive` is worth running.
    package var isArchiveDue: Bool {
        oldestEntry.map { now.seconds - $0.seconds > Self.archiveDays * 86_400 } ?? false
    }

    package static func isLittle(_ room: Inspection.Room) -> Bool { room.free < room.all / littleShare }

    /// Whether somebody should look at something.
    package var needsLook: Bool {
        late > 0 || reversed > 0 || unclear > 0 || rejected > 0 || isArchiveDue || !unreadable.isEmpty
            || followers.contains { $0.isLate(now) } || cluster?.needsLook ?? false
            || [bytes, files].contains { $0.map(Self.isLittle) ?? false }
    }
}
