import ArgumentParser
import Formats
import Gateway
import Ledger
import Operations
import System

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take in callbacks that a web server logged while this program was down.",
        discussion: """
            Takes nginx's log of bodies, one JSON object a line with time, remote_addr, status and body, or any file \
            with one raw body a line. A logged delivery keeps its time and address, and is judged by them: it does not \
            replace the status of one that came after it. A raw one counts as received now. Lines whose status says that \
            the request was answered (anything but 499 and 5xx) are left out. No token is asked for: import only what \
            you trust, and say with --from where KHOINS calls from.

            The same file twice adds nothing but counts, so an import that was cut short is simply run again. Lines \
            that cannot be used are named on standard error and do not stop the others; so are addresses that \
            KHOINS_ALLOW does not allow. The exit status is 1 then, and for a file that is no such log.

            Examples:
              khoins-callback import --dry-run --verbose /var/log/nginx/khoins-bodies.jsonl
              zcat khoins-bodies.jsonl.*.gz | khoins-callback import --from 182.23.3.0/24 -
            """)

    @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
    var path: String

    @OptionGroup var options: DataOption

    @Flag(help: "Say what would come of it, and change nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Only lines of this address or range; can be repeated.", valueName: "cidr"),
        transform: Self.range)
    var from: [AddressRange] = []

    @Flag(
        help: """
            Print a line for each that was taken in: the file's line, time, id, status, and what it did (created, updated, \
            duplicate, rejected).
            """)
    var verbose = false

    @Flag(help: "Print the counts as a JSON object; with --verbose, one for each that was taken in before.")
    var json = false

    @OptionGroup var zone: ZoneOption

    func run() throws {
        try reportingProblems {
            // Opened before root gives up its rights: the log may be root's alone.
            var source = try LineSource(path: path)
            // What cannot be read is told by the first line.
            if let head = try? source.peek(ForeignFile.headLength), let foreign = ForeignFile(head: head) {
                throw refuse(foreign)
            }
            let values = try options.values()
            let (policy, maximumBody) = (try values.addressPolicy(), try values.maximumBody())
            let (destination, data) = try self.destination()
            let lines = verbose ? ImportLines(json: json, zone: try zone.zone(options)) : nil
            let bar = ProgressBar("Importing", source.size == nil ? .lines : .bytes)
            var importer = Importer(
                to: destination, rejected: try RejectedIndex(path: data), policy: policy, maximumBody: maximumBody
            ) { line, reason in
                bar.finish()
                StandardError.write("khoins-callback: line \(line): \(reason)\n")
            } tell: { taken in
                if let lines {
                    bar.finish()
                    lines.write(taken)
                }
            }
            var number = 0
            do throws(Interruption) {
                try importAll(from: &source, into: &importer, bar, &number)
            } catch {
                bar.finish()
                throw fail("stopped at line \(number): \(error.reason); run it again, nothing is taken in twice")
            }
            bar.finish()
            say(importer.counts)
            if dryRun { StandardError.write("khoins-callback: nothing was changed (--dry-run)\n") }
            if !importer.counts.isComplete { throw ExitStatus.found }
        }
    }

    /// Where deliveries go, and the data directory's path.
    private func destination() throws -> (Importer.Destination, path: String) {
        if dryRun {
            let path = try options.values().dataDirectory()
            return (.rehearsal(try Rehearsal(path: path)), path)
        }
        let (ledger, path) = try options.ledger()
        if let commit = try options.service(path) { return (.service(commit), path) }
        try ledger.prepare()
        return (.ledger(ledger), path)
    }

    private func refuse(_ foreign: ForeignFile) -> ExitCode {
        let file = path == "-" ? "FILE" : path.printable
        let name = path == "-" ? "standard input" : file
        let advice = foreign.reader.map { "; `\($0) \(file) | khoins-callback import -` takes it in" } ?? ""
        StandardError.write("khoins-callback: \(name) is \(foreign.kind)\(advice)\n")
        return ExitStatus.found
    }

    private static func range(_ text: String) throws -> AddressRange {
        guard let range = AddressRange(text) else {
            throw ValidationError("“\(text)” is no address and no range: take 182.23.3.230 or 182.23.3.0/24.")
        }
        return range
    }

    private struct Interruption: Error {
        var reason: String
    }

    private func importAll(
        from source: inout LineSource, into importer: inout Importer, _ bar: ProgressBar, _ number: inout Int
    ) throws(Interruption) {
        do {
            while let line = try source.next() {
                number += 1
                switch line {
                case .whole(let bytes): try importer.take(LoggedLine(bytes, now: .now, from: from), number: number)
                case .tooLong:
                    let limit = LineSource.maximumLength
                    try importer.take(.unusable("it is longer than \(limit) bytes"), number: number)
                }
                bar.update(source.size == nil ? number : source.consumed, of: source.size)
            }
            try importer.finish()
        } catch let problem as Settings.Problem {
            throw Interruption(reason: problem.sentence)
        } catch let error as LedgerError {
            throw Interruption(reason: error.explanation)
        } catch {
            throw Interruption(reason: "\(error)")
        }
    }

    private func say(_ counts: Importer.Counts) {
        var members: [(key: StaticString, words: String, count: Int)] = [
            ("created", "created", counts.created), ("updated", "updated", counts.updated),
            ("duplicate", "there already", counts.duplicate),
            ("rejected", "no callback, kept under rejected/", counts.rejected),
            ("answered", "left out: answered when they came", counts.answered),
            ("unusable", "left out: could not be used", counts.unusable),
            ("failed", "not stored", counts.failed),
        ]
        if !from.isEmpty { members.append(("elsewhere", "left out: from other addresses", counts.elsewhere)) }
        if json {
            var writer = JSONWriter()
            writer.open("{")
            for member in members { writer.member(member.key, member.count) }
            writer.close("}")
            StandardOutput.writeJSONLine(writer.bytes)
            return
        }
        var table = Table([.init("", .right), .init("", excess: .folds(12))], write: StandardOutput.writeLine)
        for (index, member) in members.enumerated() where index < 4 || member.count > 0 {
            table.append([.init(grouped(member.count)), .init(member.words)])
        }
        table.finish()
    }
}
