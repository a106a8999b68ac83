import ArgumentParser
import FastCGI
import Gateway
import Ledger
import Operations
import System

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve FastCGI on a socket, for nginx and others.",
        discussion: """
            SIGTERM, SIGINT and SIGHUP end it: requests in flight are finished first.

            Examples:
              khoins-callback serve --listen unix:/run/khoins.sock
              KHOINS_SETTINGS=/srv/khoins/khoins.env khoins-callback serve
            """)

    @Option(
        help: ArgumentHelp("unix:/path.sock, 127.0.0.1:9000 or [::1]:9000 (KHOINS_LISTEN).", valueName: "address"))
    var listen: String?

    @OptionGroup var options: ServingOptions

    func run() throws {
        ProcessPrivacy.protect()
        ProcessMemory.keepSmall()
        guard let listen = try reportingProblems({ try address() }) else {
            throw ValidationError("Missing expected argument '--listen <address>' (or KHOINS_LISTEN)")
        }
        do {
            // Whatever the start waits for, it ends when it is told to.
            Signals.endAtOnce()
            let settings = try options.settings()
            let committer = try committer(settings)
            try Self.checkDataDirectory(settings)
            let listener = try ListeningSocket(
                listeningOn: listen, mode: settings.socketMode, beforeListening: Signals.blockStopSignals)
            var log = EventLog()
            log.keep(inFile: try options.values().logFile)
            try FastCGIService.serve(
                listener, settings, log, name: listen, version: Version.description, committer: committer)
        } catch let problem as Settings.Problem {
            throw Self.refuse(problem.sentence)
        } catch let problem as ListeningSocket.Problem {
            throw Self.refuse(problem.sentence)
        }
    }

    /// Where to listen; `nil` where nobody said.
    private func address() throws(Settings.Problem) -> String? {
        var values = try options.values()
        values[.listen] = listen
        return try values.text(.listen)
    }

    /// Says why there is no service, to whoever reads it: nobody may.
    private static func refuse(_ sentence: String) -> ExitCode {
        StandardError.sayAtOnce(.error, "khoins-callback: \(sentence)")
        return ExitStatus.couldNotRun
    }

    /// Refuses to start where no callback could ever be stored. A fault that can pass, such as a full disk, is no
    /// reason: until it has gone, callbacks are answered with 503.
    private static func checkDataDirectory(_ settings: Settings) throws(Settings.Problem) {
        do throws(LedgerError) {
            try Ledger(path: settings.dataDirectory).prepare(within: 5)
        } catch {
            if case .unusable(let path, _) = error {
                throw Settings.Problem(
                    "cannot use the data directory \(path): \(error.reason); set KHOINS_DATA (or --data) to a directory that this user may write to"
                )
            }
            if error.isOfSetUp { throw Settings.Problem(error.explanation) }
            if error.isDenied {
                throw Settings.Problem(
                    "cannot write to the data directory \(settings.dataDirectory) (\(error.explanation)); give this user the right to write there, or set KHOINS_DATA (or --data) to another directory"
                )
            }
            StandardError.sayAtOnce(
                .error, "khoins-callback: \(error.explanation); callbacks are answered with 503 until that has gone")
        }
    }
}
