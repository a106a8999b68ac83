import ArgumentParser
import Formats
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
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: ArgumentHelp(
            "Only where the status came since: 2h, 3d, today, yesterday, 2026-11-22, or “2026-11-22 15:00”.",
            valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        let zone = try zone.zone(options)
        let since = since?.moment(zone)
        var tally = Tally { LocalTime($0, zone).day }
        var unreadable = 0
        var rejected = RejectionCount()
        _ = try options.withRecords { records in
            rejected = try records.rejectionCount(since: since)
            if let since {
                var selection = RecordSelection()
                selection.since = since
                let bar = ProgressBar("Counting", .bytes)
                defer { bar.finish() }
                unreadable = try records.newestFirst(selection, progress: { bar.update($0, of: $1) }) { stored in
                    if let record = stored.record { tally.add(record) }
                    return true
                }
            } else {
                let bar = ProgressBar("Counting", .records)
                defer { bar.finish() }
                try records.records(progress: { bar.update($0, of: $1) }) { stored in
                    if let record = stored.record { tally.add(record) } else { unreadable += 1 }
                }
            }
        }
        let report = StatsReport(tally, rejected, now: .now, zone: zone)
        if json { report.printJSON() } else { report.printTable() }
        if unreadable > 0 {
            StandardError.write(
                "khoins-callback: \(unreadable) missing or damaged left out: `khoins-callback verify` says which\n")
        }
    }
}
