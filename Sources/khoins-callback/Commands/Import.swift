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
            with one raw body a line. A logged delivery keeps its time and address; a raw one counts as received now. \
            Lines whose status says that the request was answered (anything but 499 and 5xx) are left out, as are \
            addresses that KHOINS_ALLOW does not allow. No token is asked for: import only what you trust.

            The same file twice adds nothing but counts, so an import that was cut short is simply run again. Lines \
            that cannot be used are named on standard error and do not stop the others; the exit status is 0 unless \
            the import itself could not be done.

            Examples:
              khoins-callback import /var/log/nginx/khoins-bodies.jsonl
              zcat khoins-bodies.jsonl.*.gz | khoins-callback import -
            """)

    @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
    var path: String

    @OptionGroup var options: DataOption

    @Flag(help: "Print the counts as a JSON object.")
    var json = false

    func run() throws {
        try reportingProblems {
            // Opened before root gives up its rights: the log may be root's alone.
            var source = try LineSource(path: path)
            let values = try options.values()
            let (policy, maximumBody) = (try values.addressPolicy(), try values.maximumBody())
            let (ledger, data) = try options.ledger()
            try ledger.prepare()
            let bar = ProgressBar("Importing", source.size == nil ? .lines : .bytes)
            var importer = Importer(
                ledger, rejected: try RejectedIndex(path: data), policy: policy, maximumBody: maximumBody
            ) { line, reason in
                bar.finish()
                StandardError.write("khoins-callback: line \(line): \(reason)\n")
            }
            var number = 0
            do throws(Interruption) {
                try Self.importAll(from: &source, into: &importer, bar, &number)
            } catch {
                bar.finish()
                throw fail("stopped at line \(number): \(error.reason); run it again, nothing is taken in twice")
            }
            bar.finish()
            Self.say(importer.counts, json: json)
            if importer.counts.failed > 0 { throw fail("\(importer.counts.failed) could not be stored") }
        }
    }

    private struct Interruption: Error {
        var reason: String
    }

    private static func importAll(
        from source: inout LineSource, into importer: inout Importer, _ bar: ProgressBar, _ number: inout Int
    ) throws(Interruption) {
        do {
            while let line = try source.next() {
                number += 1
                switch line {
                case .whole(let bytes): try importer.take(LoggedLine(bytes, now: .now), number: number)
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

    private static func say(_ counts: Importer.Counts, json: Bool) {
        let members: [(key: StaticString, words: String, count: Int)] = [
            ("created", "created", counts.created), ("updated", "updated", counts.updated),
            ("duplicate", "there already", counts.duplicate),
            ("rejected", "no callback, kept under rejected/", counts.rejected),
            ("answered", "left out: answered when they came", counts.answered),
            ("unusable", "left out: could not be used", counts.unusable),
            ("failed", "not stored", counts.failed),
        ]
        if json {
            var writer = JSONWriter()
            writer.open("{")
            for member in members { writer.member(member.key, member.count) }
            writer.close("}")
            StandardOutput.writeLine(String(decoding: writer.bytes, as: UTF8.self))
            return
        }
        var table = Table([.init("", .right), .init("")], write: StandardOutput.writeLine)
        for (index, member) in members.enumerated() where index < 4 || member.count > 0 {
            table.append([.init(grouped(member.count)), .init(member.words)])
        }
        table.finish()
    }
}
