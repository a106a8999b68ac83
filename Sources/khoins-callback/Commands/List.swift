import ArgumentParser
import Ledger
import Operations

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List transactions and top-ups, newest first.",
        discussion: """
            Newest is what got its status last. Prints a table for people, JSON (each record's own, one a line) or CSV \
            for a spreadsheet. The ID is what `show` takes. With --kind rejected, lists what came with the right token \
            and was no callback: why, and the id where one can be made out.

            Examples:
              khoins-callback list --status gagal --since today
              khoins-callback list --status pending --older-than 10m    (what to ask KHOINS about)
              khoins-callback list --since 2026-11-01 --all --csv > november.csv
              khoins-callback list --kind rejected --since 7d
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("How many at most.", valueName: "n"))
    var limit = 20

    @Flag(help: "All there are, without a limit.")
    var all = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Print CSV that a spreadsheet opens as it is.")
    var csv = false

    func validate() throws {
        if json, csv { throw ValidationError("Only one of --json and --csv can be had.") }
        if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() throws {
        if selection.kind == .rejected {
            try listRejected()
            return
        }
        _ = try options.withRecords { records in
            var printer = RecordPrinter(json: json, csv: csv)
            var left = all ? Int.max : limit
            let bar = ProgressBar("Searching", .bytes)
            try records.newestFirst(selection.selection, progress: { bar.update($0, of: $1) }) {
                stored in
                bar.finish()
                printer.print(stored)
                left -= 1
                return left > 0
            }
            bar.finish()
            printer.finish()
        }
    }

    private func listRejected() throws {
        _ = try options.withRecords { records in
            var printer = RejectionPrinter(json: json, csv: csv)
            var left = all ? Int.max : limit
            try records.rejected(since: selection.since, until: selection.olderThan) { stored in
                printer.print(stored)
                left -= 1
                return left > 0
            }
            printer.finish()
        }
    }
}
