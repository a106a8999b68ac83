import ArgumentParser
import Formats
import Gateway
import Glibc
import Ledger
import Operations

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the journal with the records.",
        discussion: """
            Prints what is missing, damaged, different or left over, one finding a line, and exits with 1 if there is \
            any that was not repaired. Changes nothing unless told to repair. Says besides how many deliveries were \
            rejected, which is no finding.

            Example:
              khoins-callback verify --data /var/lib/khoins-callback --repair
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Flag(help: "Mend from the journal what can be mended.")
    var repair = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        var rejected = RejectionCount()
        let zone = try zone.zone(options)
        let findings: [Finding]? = try reportingProblems {
            let path = try options.values().dataDirectory()
            let snapshot = try Snapshot(lookingAt: path)
            if try snapshot.isEmpty() {
                StandardError.write("khoins-callback: \(path) holds no callbacks yet\n")
                return nil
            }
            // An empty directory is what a repair can fill.
            if repair, !snapshot.missing.isEmpty { try options.ledger().ledger.prepare() }
            rejected = try snapshot.rejectionCount()
            let found = try Self.findings(in: path)
            return repair && !found.isEmpty ? try options.ledger().ledger.repair(found) : found
        }
        guard let findings else { return }
        if json || Terminal.width == nil {
            for finding in findings {
                StandardOutput.writeData(Array("\(json ? Self.json(finding) : Self.line(finding))\n".utf8))
            }
        } else {
            Self.show(findings)
        }
        let left = findings.filter { !$0.isRepaired }.count
        if !json {
            StandardError.write(
                findings.isEmpty
                    ? "Everything is as the journal says.\n"
                    : "\(findings.count) found, \(findings.count - left) repaired.\n")
            if findings.contains(where: { $0.kind == .archive && !$0.isRepaired }) {
                StandardError.write(Self.archiveCure)
            }
            if let words = rejected.words(zone) { StandardError.write("Besides, \(words)\n") }
        }
        if left > 0 { throw ExitStatus.found }
    }

    /// What is only in the archive, nothing can make anew.
    private static let archiveCure = """
        No repair can mend archive/. Bring the file back from a backup. Without one, take the damaged lines out of it. Then \
        remove archive/.index and run `khoins-callback archive --older-than 90d`, which makes it anew, and `verify --repair`, \
        which brings back what the journal still has.

        """

    private static func findings(in path: String) throws -> [Finding] {
        let bar = ProgressBar("Comparing", .parts)
        defer { bar.finish() }
        return try Verifier(path: path).findings { bar.update(Int($0 * 1_000), of: 1_000) }
    }

    /// A line for a program to read; a person at a terminal gets columns.
    private static func line(_ finding: Finding) -> String {
        "\(word(finding))\t\(finding.path)\t\(finding.detail)"
    }

    private static func show(_ findings: [Finding]) {
        var table = Table(
            [.init(""), .init("", excess: .folds(16)), .init("", excess: .folds(16))], write: StandardOutput.writeLine)
        for finding in findings {
            table.append([.init(word(finding)), .init(finding.path), .init(finding.detail)])
        }
        table.finish()
    }

    private static func word(_ finding: Finding) -> String {
        finding.isRepaired ? "repaired" : finding.kind.rawValue
    }

    private static func json(_ finding: Finding) -> String {
        var writer = JSONWriter()
        writer.open("{")
        writer.member("finding", finding.kind.rawValue)
        writer.member("path", finding.path)
        writer.member("detail", finding.detail)
        writer.begin("repaired")
        writer.bool(finding.isRepaired)
        writer.close("}")
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
