import ArgumentParser
import Gateway
import Glibc
import Ledger
import Operations
import System

struct Follow: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every change as it happens, or run a command for each.",
        discussion: """
            One line for each delivery that went into a record, once it is safely stored: time, trxid, status, product, \
            destination, and what it did to the record (created, updated, duplicate). With --json, one object a line: \
            {"position", "trxid", "memberid", "status", "result", "record"}; what is unknown is left out. The record is \
            the one as it is now, never an older state of it.

            With --cursor NAME, goes on where that name stopped, even after kill -9: nothing is left out.

            With --exec COMMAND, runs /bin/sh -c COMMAND for each change but duplicates: the record's JSON on standard \
            input; KHOINS_TRXID, KHOINS_STATUS, KHOINS_RESULT, KHOINS_POSITION (never the same for two changes) and \
            KHOINS_FILE (where the record lies, unless archived) in the environment. A command that does not exit with \
            0 is run again after 1 s, 2 s and so on up to 60 s. Each change is done at least once, those of one trxid \
            one after another. SIGTERM lets running commands finish. Started by root, all of it runs as the owner of \
            the data directory.

            Examples:
              khoins-callback follow --json | jq .record.price
              khoins-callback follow --cursor shop --exec 'php /srv/shop/callback.php'
            """)

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: """
            Where to begin: at the start of the journal, or now. With a cursor it counts only until that has a place. \
            Now unless set; with --cursor, --exec or --once the start.
            """)
    var from: FollowStart?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Remember under this name how far it has come, in DATA/.cursors.", valueName: "name"))
    var cursor: String?

    @Option(help: ArgumentHelp("Run this for each change; its cursor is “exec” unless set.", valueName: "command"))
    var exec: String?

    @Option(help: ArgumentHelp("Commands that run at once, for different trxids.", valueName: "n"))
    var parallel = 4

    @Flag(
        help: """
            Do what there is, then end, as for cron. A command that fails is left for the next run; the exit status is 1 \
            then.
            """)
    var once = false

    func validate() throws {
        if exec != nil, json {
            throw ValidationError("--json goes without --exec: the command gets the record on its standard input.")
        }
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel takes a number from 1 to 256.") }
        if cursor?.isEmpty == true { throw ValidationError("--cursor takes a name.") }
    }

    func run() throws {
        do {
            let path = try absolute(try options.values().dataDirectory())
            let zone = try zone.zone(options)
            let name = cursor ?? (exec == nil ? nil : "exec")
            // Whoever keeps a cursor writes to the directory anyway, and may come before the first callback.
            if name != nil { try options.ledger().ledger.prepare() }
            guard let source = try FollowSource(path: path, cursor: name, from: start(hasCursor: name != nil)) else {
                throw ValidationError("The name of the cursor is too long.")
            }
            let wakeup = try FollowWakeup(path: path)
            if let exec {
                let left = try FollowCommands(source, wakeup, command: exec, path: path, parallel: parallel, once: once)
                    .run()
                if left > 0 { throw ExitStatus.found }
            } else {
                try FollowLines(source, wakeup, json: json, once: once, zone: zone).run()
            }
        } catch LedgerError.inUse(let path) where once {
            // The run before has not ended yet, and does what this one would.
            StandardError.write("khoins-callback: \(LedgerError.inUse(path: path).explanation)\n")
        } catch let problem as Settings.Problem {
            throw fail(problem.sentence)
        } catch let error as LedgerError {
            throw fail(error.explanation)
        }
    }

    private func start(hasCursor: Bool) -> FollowStart { from ?? (hasCursor || once ? .start : .now) }

    /// Commands may change their directory, and get a path that is right wherever they are.
    private func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return path }
        do throws(LedgerError) { return "\(try Directory.currentPath())/\(path)" } catch {
            throw Settings.Problem("the current directory cannot be told: \(error.reason)")
        }
    }
}

extension FollowStart: ExpressibleByArgument {}
