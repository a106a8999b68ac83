import FastCGI
import Formats
import Gateway
import Ledger
import System

/// Answers the one request that a web server started the program for.
package enum CGIService {
    package static func run(environment: [String: String]) {
        let log = EventLog()
        let arrival = Timestamp.now
        let settings: Settings
        do throws(Settings.Problem) {
            settings = try SettingsSource.values(environment: environment).settings()
            log.ignored(settings.ignored)
        } catch {
            log.misconfigured(error.sentence)
            CGIResponder(environment: environment).respond { _, _, reply in reply(.notSetUp) }
            return
        }
        var isCheckpointDue = false
        let ledger = Ledger(path: settings.dataDirectory)
        let gateway = Gateway(access: settings.access, maximumBody: settings.maximumBody, log: log)
        CGIResponder(environment: environment).respond { request, readBody, reply in
            gateway.answer(request, arrival: arrival, readBody: readBody) { submission, completion in
                let commit = ledger.commit([submission])
                isCheckpointDue = commit.isCheckpointDue
                log.committed([(submission, commit.outcomes[0])])
                completion(commit.outcomes[0])
            } probe: {
                ledger.probe()
            } reply: {
                reply($0)
            }
        }
        if isCheckpointDue {
            CGIResponder.endAnswer()
            do throws(LedgerError) { try ledger.moveCheckpoint() } catch { log.failed(error) }
        }
    }
}

/// Serves FastCGI in one process.
package enum FastCGIService {
    /// Serves on a socket that a web server or systemd has opened. Where the program is not set up right, every
    /// request is answered with 500, because nobody else will tell the operator.
    package static func run(onHandedOver descriptor: Int32, environment: [String: String]) {
        let log = EventLog()
        let listener = ListeningSocket(handedOver: descriptor)
        do throws(Settings.Problem) {
            let settings = try SettingsSource.values(environment: environment).settings()
            serve(listener, settings, log, name: "descriptor \(descriptor)")
        } catch {
            log.misconfigured(error.sentence)
            let sentence = error.sentence
            serve(listener, threads: 1, maximumBody: Settings.defaultMaximumBody) { request, _, reply in
                reply(request.reply(.notSetUp, errorLine: "event=misconfigured reason=\"\(sentence)\""))
            }
        }
    }

    /// Serves until told to stop.
    package static func serve(
        _ listener: borrowing ListeningSocket, _ settings: Settings, _ log: EventLog, name: String
    ) {
        // Before the first thread: one that does not block the signals would get them from the kernel as well.
        Signals.blockStopSignals()
        let recent = RecentWrites()
        let path = settings.dataDirectory
        let housekeeping = Housekeeping(path: path, recent: recent, log)
        let ledger = Ledger(path: path, expectsLoad: true, recent: recent)
        let queue = CommitQueue(commit: { ledger.commit($0) }) {
            log.committed($0)
            housekeeping.take($1)
        }
        let gateway = Gateway(access: settings.access, maximumBody: settings.maximumBody, log: log)
        log.started(name)
        log.ignored(settings.ignored)
        serve(listener, threads: settings.threads, maximumBody: settings.maximumBody) { request, readBody, reply in
            gateway.answer(request, arrival: .now, readBody: readBody) { submission, completion in
                queue.submit(submission, completion: completion)
            } probe: {
                Ledger(path: path).probe()
            } reply: { response in
                reply(request.reply(response, errorLine: response == .notSetUp ? "event=misconfigured" : nil))
            }
        } didTake: {
            queue.flush()
        }
        housekeeping.finish()
        log.stopped()
    }

    private static func serve(
        _ listener: borrowing ListeningSocket, threads: Int, maximumBody: Int,
        answer:
            @escaping @Sendable (Request, Request.BodyReader, @escaping @Sendable (FastCGIServer.Reply) -> Void) -> Void,
        didTake: @escaping @Sendable () -> Void = {}
    ) {
        Signals.blockStopSignals()
        let server = FastCGIServer(
            listener, threads: threads, maximumBody: maximumBody,
            answer: { variable, read, reply in answer(Request(variable), read, reply) }, didTake: didTake)
        Signals.ignoreWriteSignals()
        server.run(until: Signals.waitForStop) { listener.removePath() }
    }
}

extension Request {
    /// An answer to this request, for FastCGI.
    fileprivate func reply(_ response: Response, errorLine: String?) -> FastCGIServer.Reply {
        FastCGIServer.Reply(
            bytes: response.bytes(withBody: method != "HEAD"), errorLine: errorLine,
            isRefusal: response.status == .forbidden)
    }
}
