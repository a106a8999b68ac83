import ArgumentParser
import Gateway
import Glibc
import KHOINSCallback
import Ledger

struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move old final records into one file a month.",
        discussion: """
            For hosts that count files: thousands of records become archive/2026-08.jsonl, one a line. They can still be \
            shown, listed and verified, and a late callback makes one live again with all that it held. Journal files \
            that nothing needs any more go away. Pending and unknown records stay, and so does rejected/.

            Works beside a running service. Cut off at any point, it loses nothing; the next run goes on.

            Example: khoins-callback archive --data /var/lib/khoins-callback --older-than 90d
            """)

    @OptionGroup var options: DataOption

    @Option(help: ArgumentHelp("How long nothing may have arrived for a record: 90d, 12h, 2w.", valueName: "age"))
    var olderThan: Age

    func run() throws {
        let cutoff = Timestamp(microseconds: Timestamp.now.microseconds - olderThan.microseconds)
        let summary: ArchiveSummary
        let showsProgress = isatty(STDERR_FILENO) == 1
        do {
            let path = try options.values().dataDirectory()
            summary = try Ledger(path: path).archive(olderThan: cutoff) { done, total in
                if showsProgress { Self.show(done, of: total) }
            }
        } catch let problem as Settings.Problem {
            throw fail(problem.sentence)
        } catch let error as LedgerError {
            throw fail(error.explanation)
        }
        StandardOutput.writeLine(
            """
            archived records       \(summary.records)
            archive files          \(summary.archiveFiles), \(summary.newArchiveFiles) new
            journal files dropped  \(summary.journalFilesDropped)
            bytes                  \(summary.archiveBytes) archived, \
            \(summary.recordBytes + summary.journalBytes) removed
            inodes freed           \(summary.inodesFreed)
            """)
        for (name, count) in summary.journalFilesHeld.sorted(by: { $0.key < $1.key }) {
            StandardError.write(
                "\(count) journal file\(count == 1 ? "" : "s") kept for the cursor \(name), which has not passed them. If nobody uses it any more, remove .cursors/\(name).json.\n"
            )
        }
    }

    private static func show(_ done: Int, of total: Int) {
        StandardError.write("\r\(done) of \(total) records\(done == total ? "\n" : "")")
    }
}

/// A length of time: `90d`, `12h`, `30m`, `45s`, `2w`.
struct Age: ExpressibleByArgument {
    let microseconds: Int64

    init?(argument: String) {
        let seconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard let unit = argument.last.flatMap({ seconds[$0] }), let count = decimal(argument.dropLast().utf8),
            count <= 1_000_000
        else { return nil }
        microseconds = Int64(count) * unit * 1_000_000
    }
}
