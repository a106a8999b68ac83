import ArgumentParser
import Gateway
import Glibc
import KHOINSCallback
import Ledger

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the journal with the records.",
        discussion: """
            Prints what is missing, damaged, different or left over, one finding a line, and exits with 1 if there is \
            any that was not repaired. Changes nothing unless told to repair.

            Example:
              khoins-callback verify --data /var/lib/khoins-callback --repair
            """)

    @OptionGroup var options: DataOption

    @Flag(help: "Mend from the journal what can be mended.")
    var repair = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        let findings = try reportingProblems {
            let path = try options.values().dataDirectory()
            let found = try look(at: path)
            return repair && !found.isEmpty ? try options.ledger().ledger.repair(found) : found
        }
        for finding in findings {
            StandardOutput.writeData(Array("\(json ? Self.json(finding) : Self.line(finding))\n".utf8))
        }
        let left = findings.filter { !$0.isRepaired }.count
        if !json {
            StandardError.write(
                findings.isEmpty
                    ? "Everything is as the journal says.\n"
                    : "\(findings.count) found, \(findings.count - left) repaired.\n")
        }
        if left > 0 { throw ExitStatus.found }
    }

    private func look(at path: String) throws -> [Finding] {
        do {
            return try Self.findings(in: path)
        } catch LedgerError.system("open", _, ENOENT) where repair {
            // A directory of the data directory is missing; an empty one is what a repair can fill.
            try options.ledger().ledger.prepare()
            return try Self.findings(in: path)
        }
    }

    private static func findings(in path: String) throws -> [Finding] {
        let bar = ProgressBar("Comparing", .parts)
        defer { bar.finish() }
        return try Verifier(path: path).findings { bar.update(Int($0 * 1_000), of: 1_000) }
    }

    private static func line(_ finding: Finding) -> String {
        "\(finding.isRepaired ? "repaired" : finding.kind.rawValue)\t\(finding.path)\t\(finding.detail)"
    }

    private static func json(_ finding: Finding) -> String {
        var writer = JSONWriter()
        writer.open("{")
        for (key, value) in [("finding", finding.kind.rawValue), ("path", finding.path), ("detail", finding.detail)]
            as [(StaticString, String)]
        {
            writer.next()
            writer.key(key)
            writer.string(value)
        }
        writer.next()
        writer.key("repaired")
        writer.bool(finding.isRepaired)
        writer.close("}")
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
