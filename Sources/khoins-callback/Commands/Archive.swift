import ArgumentParser
import Gateway
import Ledger
import Operations
import System

struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move old final records into one file a month.",
        discussion: """
            For hosts that count files: thousands of records become archive/2026-08.jsonl, one a line. They can still be \
            shown, listed and verified, and a late callback makes one live again with all that it held. Journal files \
            that nothing needs any more go away. Pending and unknown records stay, and so does rejected/.

            Works beside a running service. Cut off at any point, it loses nothing; the next run goes on.

            Example:
              khoins-callback archive --data /var/lib/khoins-callback --older-than 90d
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: ArgumentHelp(
            "How long nothing may have arrived for a record: 90d, 12h, 2w; or a date.", valueName: "time"),
        transform: TimeArgument.init)
    var olderThan: TimeArgument

    func run() throws {
        let cutoff = olderThan.moment(try zone.zone(options))
        let summary: ArchiveSummary
        let bar = ProgressBar("Archiving", .records)
        defer { bar.finish() }
        do {
            let (ledger, path) = try options.ledger()
            summary = try ledger.archive(olderThan: cutoff) { bar.update($0, of: $1) }
            _ = RecordIndex.make(path: path)
        } catch let problem as Settings.Problem {
            throw fail(problem.sentence)
        } catch let error as LedgerError {
            throw fail(error.explanation)
        }
        bar.finish()
        var table = Table(
            [.init("", excess: .folds(12)), .init("", excess: .folds(12))], write: StandardOutput.writeLine)
        table.append(["archived records", "\(summary.records)"])
        table.append(["archive files", "\(summary.archiveFiles), \(summary.newArchiveFiles) new"])
        table.append(["journal files dropped", "\(summary.journalFilesDropped)"])
        let removed = summary.recordBytes + summary.journalBytes
        table.append(["bytes", "\(summary.archiveBytes) archived, \(removed) removed"])
        table.append(["inodes freed", "\(summary.inodesFreed)"])
        table.finish()
        for path in summary.unreadable {
            StandardError.write("khoins-callback: \(path.printable) cannot be read, and was left\n")
        }
        for (name, count) in summary.journalFilesHeld.sorted(by: { $0.key < $1.key }) {
            StandardError.write(
                "\(count) journal file\(count == 1 ? "" : "s") kept for the cursor \(name), which has not passed them. If nobody uses it any more, remove .cursors/\(name).json.\n"
            )
        }
        if !summary.unreadable.isEmpty { throw ExitStatus.found }
    }
}
