import ArgumentParser
import Formats
import KHOINS
import Ledger
import Operations

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count records by day and status, and say how long they wait.",
        discussion: """
            Days are those on which a status came, in the zone that is set. Rupiah are prices of transactions and amounts of \
            top-ups, as far as KHOINS told them. The success rate is of the transactions that ended. Waiting is counted \
            from the order, where `expect` noted it, else from the first callback. Rejected are deliveries that were no \
            callback: `khoins-callback list --kind rejected` lists them.

            Examples:
              khoins-callback stats --since today
              khoins-callback stats --since 2026-11-01 --json
              khoins-callback stats --by reason --since 7d
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: ArgumentHelp(
            "Only where the status came since: 2h, 3d, today, yesterday, 2026-11-22, or “2026-11-22 15:00”.",
            valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Option(
        help: ArgumentHelp("Only where the status came before: as --since; of a date, its end.", valueName: "time"),
        transform: TimeArgument.init)
    var until: TimeArgument?

    @Option(
        help: ArgumentHelp(
            "Count by product, or by reason of failure, instead of by day.", valueName: "product or reason"))
    var by: Grouping?

    enum Grouping: String, ExpressibleByArgument {
        case product
        case reason
    }

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        let zone = try zone.zone(options)
        let since = since?.moment(zone)
        let until = until?.end(zone)
        let isThere: Void? = try options.withRecords { records in
            var tally = emptyTally(zone)
            if try addIndexed(records, to: &tally, since: since, until: until, zone) {
                print(tally, try records.rejectionCount(since: since, until: until), zone)
                return
            }
            if since != nil || until != nil {
                var selection = RecordSelection()
                selection.since = since
                selection.until = until
                let bar = ProgressBar("Counting", .bytes)
                defer { bar.finish() }
                try records.newestFirst(selection, progress: { bar.update($0, of: $1) }) { stored in
                    if let record = stored.record { tally.add(record) }
                    return true
                }
            } else {
                let bar = ProgressBar("Counting", .records)
                defer { bar.finish() }
                try records.records(progress: { bar.update($0, of: $1) }) { stored in
                    if let record = stored.record { tally.add(record) }
                }
            }
            print(tally, try records.rejectionCount(since: since, until: until), zone)
        }
        if isThere == nil { print(emptyTally(zone), RejectionCount(), zone) }
    }

    /// Adds what the index tells.
    ///
    /// - Returns: Whether it tells it.
    private func addIndexed(
        _ records: borrowing RecordReader, to tally: inout Tally, since: Timestamp?, until: Timestamp?, _ zone: Zone
    ) throws -> Bool {
        let bar = ProgressBar("Counting", .bytes)
        defer { bar.finish() }
        guard let index = records.index(isPatient: true, progress: { bar.update($0, of: $1) }) else { return false }
        let dimension: RecordIndex.Dimension =
            switch by {
            case .product: .product
            case .reason: .reason
            case nil: .all
            }
        return try tally.add(index, records, by: dimension, since: since, until: until, zone: zone)
    }

    private func emptyTally(_ zone: Zone) -> Tally {
        let by = by
        return Tally { record in
            switch by {
            case .product: record.callback.product ?? "-"
            case .reason: record.status == .success ? "-" : record.callback.reason ?? "-"
            case nil: LocalTime(record.receivedAt, zone).day
            }
        }
    }

    private func print(_ tally: Tally, _ rejected: RejectionCount, _ zone: Zone) {
        let report = StatsReport(tally, rejected, groups: by?.rawValue ?? "day", now: .now, zone: zone)
        if json { report.printJSON() } else { report.printTable() }
    }
}
