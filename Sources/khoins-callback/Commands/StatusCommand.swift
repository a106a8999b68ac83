import ArgumentParser
import Formats
import Gateway
import Ledger
import Operations
import System

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say how the installation is, in ten lines.",
        discussion: """
            When the last callback came, what today was like, the balance, what waits too long, what was reversed or could \
            not be read, what was rejected, how far whoever follows is behind, room, and whether archive is due, which it is \
            when it would move records of more than 180 days. Tries whether a callback could be stored now, as the user \
            whose data it is; who is neither that user nor root is told that it was not tried. In a cluster, says how the \
            other servers are. Exits with 1 if somebody should look at something, also at a file that is missing or \
            damaged, and with 2 if callbacks are failing.

            Examples:
              khoins-callback status
              khoins-callback status --prometheus > khoins.prom
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Print Prometheus' text format.")
    var prometheus = false

    func validate() throws {
        if json, prometheus { throw ValidationError("Only one of --json and --prometheus can be had.") }
    }

    func run() throws {
        let figures = try reportingProblems { () throws -> Figures in
            let values = try options.values()
            let path = try values.dataDirectory()
            let now = Timestamp.now
            let cluster = try ClusterCheck.overview(values, path: path, now: now)
            let trial = StoringCheck.tried(at: path)
            return try Figures(
                path, now: now, zone: try zone.zone(options), failure: trial.failure ?? cluster?.failure,
                untried: trial.untried, cluster: cluster)
        }
        if json {
            StandardOutput.writeJSONLine(figures.json)
        } else if prometheus {
            StandardOutput.write(figures.prometheus)
        } else {
            var table = Table(
                [.init("", excess: .folds(12)), .init("", excess: .folds(12))], write: StandardOutput.writeLine)
            for line in FigureLines(figures).lines { table.append([.init(line.name), .init(line.words, line.style)]) }
            table.finish()
        }
        if figures.failure != nil { throw ExitStatus.couldNotRun }
        if figures.needsLook { throw ExitStatus.found }
    }
}
