import ArgumentParser
import Formats
import Ledger
import Operations

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List transactions and top-ups, newest first.",
        discussion: """
            Newest is what got its status last; what was imported got it then, whatever its own time is. Prints a table for people, JSON (each record's own, one a line) or CSV \
            for a spreadsheet. The ID is what `show` takes. With --kind rejected, lists what came with the right token \
            and was no callback: why, and the id where one can be made out.

            --search finds a whole TRX ID, number, SN, token or member at once. If none is there, it looks for the text as \
            a part of one, the newest first, for a second at most; then it says how far it looked, and ends with status 1. \
            With --all it looks at everything.

            Exits with 1 if something is missing or damaged, which it names.

            Examples:
              khoins-callback list --status gagal --since today
              khoins-callback list --status pending --older-than 10m  # to ask KHOINS about
              khoins-callback list --since 2026-11-01 --all --csv > november.csv
              khoins-callback list --kind rejected --since 7d
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption
    @OptionGroup var selection: SelectionOptions

    @Option(
        name: [.long, .customShort("n")], parsing: .unconditional,
        help: ArgumentHelp("How many at most; 20 unless told.", valueName: "n"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "What to tell of each in the table or the CSV, by commas: \(RecordTable.Column.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "names"),
        transform: Self.columns)
    var columns: [RecordTable.Column]?

    @Flag(help: "All there are, without a limit.")
    var all = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Print CSV that a spreadsheet opens as it is.")
    var csv = false

    func validate() throws {
        if columns?.isEmpty ?? false { throw ValidationError("--columns names no column.") }
        if columns != nil, json || selection.kind == .rejected {
            throw ValidationError("--columns is for a table or CSV of records: --json has all of each.")
        }
        if json, csv { throw ValidationError("Only one of --json and --csv can be had.") }
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    private static func columns(_ text: String) throws -> [RecordTable.Column] {
        try text.split(separator: ",").map { name in
            let name = name.trimmingPrefix(while: \.isWhitespace).lowercased()
            guard let column = RecordTable.Column.allCases.first(where: { $0.rawValue.lowercased() == name }) else {
                let names = RecordTable.Column.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("“\(name)” is no column: take some of \(names).")
            }
            return column
        }
    }

    func run() throws {
        let zone = try zone.zone(options)
        if selection.kind == .rejected { try listRejected(zone) } else { try listRecords(zone) }
    }

    private func listRecords(_ zone: Zone) throws {
        let reach = try options.withRecords { records in
            var printer = RecordPrinter(json: json, csv: csv, zone: zone, chosen: columns)
            var limit = Limit(self.limit, all: all)
            let wanted = selection.selection(zone)
            var reach = RecordSearch.Reach()
            if !all, let exact = try records.exactly(wanted) {
                for stored in exact {
                    if limit.isReached { break }
                    if limit.takesOneMore() { printer.print(stored) }
                }
            } else {
                let bar = ProgressBar("Searching", .bytes)
                func take(_ stored: StoredRecord) -> Bool {
                    bar.finish()
                    if limit.takesOneMore() { printer.print(stored) }
                    return !limit.isReached
                }
                if let search = wanted.search {
                    reach = try search.look(
                        records, wanted, bounds: all ? nil : .usual, progress: { bar.update($0, of: $1) }, take)
                } else {
                    try records.newestFirst(wanted, progress: { bar.update($0, of: $1) }, take)
                }
                bar.finish()
            }
            printer.finish()
            limit.tell()
            return reach
        }
        if let reach, let sentence = Self.sentence(reach, zone) {
            StandardError.write("khoins-callback: \(sentence)\n")
            throw ExitStatus.found
        }
    }

    /// How far a search went that did not go all the way, and how it goes further; `nil` for one that did.
    static func sentence(_ reach: RecordSearch.Reach, _ zone: Zone) -> String? {
        guard reach.isCut, let oldest = reach.oldest else { return nil }
        // The second of the last one is looked at again, as others may have come in it.
        let next = Timestamp(microseconds: (oldest.seconds + 1) * 1_000_000)
        return "looked at \(grouped(reach.looked)) records, back to \(LocalTime(oldest, zone).text): "
            + "--until “\(LocalTime(next, zone).dateAndTime)” looks further back, --all at all there are"
    }

    private func listRejected(_ zone: Zone) throws {
        _ = try options.withRecords { records in
            var printer = RejectionPrinter(json: json, csv: csv, zone: zone)
            var limit = Limit(self.limit, all: all)
            try records.rejected(
                since: selection.since?.moment(zone), until: selection.olderThan?.moment(zone)
            ) { stored in
                if limit.takesOneMore() { printer.print(stored) }
                return !limit.isReached
            }
            printer.finish()
            limit.tell()
        }
    }
}

/// How many are printed. Says so where there are more, unless somebody chose the number.
private struct Limit {
    private let limit: Int
    private let isChosen: Bool
    private var count = 0
    private var isPassed = false

    init(_ limit: Int?, all: Bool) {
        self.limit = all ? .max : limit ?? 20
        isChosen = limit != nil
    }

    /// One that is too many is looked for only where it is told of.
    var isReached: Bool { isPassed || isChosen && count == limit }

    /// Counts one.
    ///
    /// - Returns: Whether it is to be printed.
    mutating func takesOneMore() -> Bool {
        isPassed = count == limit
        count += isPassed ? 0 : 1
        return !isPassed
    }

    func tell() {
        if isPassed {
            StandardError.write("khoins-callback: there are more than these \(limit): --limit or --all shows them\n")
        }
    }
}
