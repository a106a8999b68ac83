import FastCGI
import Formats
import Gateway
import Glibc
import Ledger
import Page
import System

/// Answers the one request that a web server started the program for.
package enum CGIService {
    /// - Parameter version: As `--version` tells it.
    package static func run(environment: Variables, version: String) {
        JobControl.refuse()
        let arrival = Timestamp.now
        let (configured, log) = Configured.read(environment)
        // Somebody may have stopped reading the log.
        log.hold()
        defer { log.finish() }
        let settings: Settings
        switch configured {
        case .right(let read):
            settings = read
            log.ignored(settings.ignored)
        case .wrong(let problem):
            log.misconfigured(problem.sentence)
            CGIResponder(environment: environment).respond { _, _, reply in reply(.notSetUp) }
            return
        }
        if settings.cluster != nil {
            log.misconfigured(
                "KHOINS_CLUSTER is set: in a cluster only `khoins-callback serve` takes callbacks, and no CGI process")
            CGIResponder(environment: environment).respond { _, _, reply in reply(.notSetUp) }
            return
        }
        var isCheckpointDue = false
        var batch: [CommitQueue.Committed] = []
        let ledger = Ledger(path: settings.dataDirectory)
        let gateway = Gateway(settings, log, version: version)
        let responder = CGIResponder(environment: environment)
        let starter = FollowerStarter(settings, environment: environment, log)
        responder.respond { request, readBody, reply in
            // A process for each request has no start of its own to say this at: it says so to whoever looks for the page.
            if request.panel != nil, let problem = settings.pageProblem { log.misconfigured(problem) }
            gateway.answer(request, arrival: arrival, readBody: readBody) { submission, completion in
                if let failure = responder.inputFailure {
                    // What there is of the body says nothing about the callback, which is to come again.
                    log.failed(failure)
                    completion(.failure(failure))
                    return
                }
                starter?.willCommit()
                let commit = ledger.commit([submission])
                isCheckpointDue = commit.isCheckpointDue
                batch = [(submission, commit.outcomes[0])]
                log.notStored(batch)
                completion(commit.outcomes[0])
            } probe: {
                ledger.probe()
            } reply: {
                if starter != nil { Signals.holdStop() }
                reply($0)
            }
        }
        log.stored(batch)
        if let starter {
            if case .success(.filed) = batch.first?.outcome {
                CGIResponder.endAnswer()
                starter.start()
            }
            Signals.endHold()
        }
        if isCheckpointDue || ledger.isRecoveryDue {
            CGIResponder.endAnswer()
            log.finish()
            do throws(LedgerError) {
                try ledger.moveCheckpoint(within: recoveryTime)
            } catch {
                log.failed(error)
            }
        }
    }

    /// Seconds of recovery after an answer; the next request goes on from there. A web server may end the process before.
    private static let recoveryTime = 20
}

/// Serves FastCGI in one process.
package enum FastCGIService {
    /// Serves on a socket that a web server or systemd has opened. Where the program is not set up right, every
    /// request is answered with 500, because nobody else will tell the operator.
    ///
    /// - Parameters:
    ///   - version: As `--version` tells it.
    ///   - committer: What commits, where the ledger alone may not decide; says what is wrong with how that is set up.
    package static func run(
        onHandedOver descriptor: Int32, environment: Variables, version: String,
        committer: (Settings) throws(Settings.Problem) -> (any Committer)?
    ) {
        ProcessMemory.keepSmall()
        var (configured, log) = Configured.read(environment)
        var foreman: (any Committer)?
        if case .right(let settings) = configured {
            do throws(Settings.Problem) {
                foreman = try committer(settings)
                // Web servers start several of these.
                if foreman != nil, descriptor == STDIN_FILENO {
                    throw Settings.Problem(
                        "KHOINS_CLUSTER is set: in a cluster one `khoins-callback serve` takes callbacks, or one process that systemd starts"
                    )
                }
            } catch { configured = .wrong(error) }
        }
        let listener = ListeningSocket(handedOver: descriptor)
        do throws(ListeningSocket.Problem) {
            switch configured {
            case .right(let settings):
                // systemd looks after what it starts, and so after who tells the shop.
                let starter =
                    descriptor == STDIN_FILENO ? FollowerStarter(settings, environment: environment, log) : nil
                try serve(
                    listener, settings, log, name: "descriptor \(descriptor)", version: version, starter,
                    committer: foreman)
            case .wrong(let problem):
                log.misconfigured(problem.sentence)
                let line = "event=misconfigured reason=\"\(problem.sentence)\""
                try serve(listener, log, threads: 1, maximumBody: Settings.defaultMaximumBody) { request, _, reply in
                    reply(FastCGIReply(.notSetUp, withBody: request.method != "HEAD", errorLine: line))
                }
            }
        } catch {
            log.misconfigured(error.sentence)
            log.finish()
            exit(2)
        }
    }

    /// Serves until told to stop. Every thread is started before.
    ///
    /// Where fewer threads can be had than are needed, a socket of the program's own is not served: whoever started it
    /// tries again, or is told. Behind one that was handed over a web server waits; it is served with those that there
    /// are, in the worst case by the calling thread alone.
    package static func serve(
        _ listener: borrowing ListeningSocket, _ settings: Settings, _ log: EventLog, name: String, version: String,
        _ starter: FollowerStarter? = nil, committer: (any Committer)? = nil
    ) throws(ListeningSocket.Problem) {
        prepare()
        let recent = committer?.recent ?? RecentWrites()
        let path = settings.dataDirectory
        MemoryFile.lastResort(path)
        let housekeeping = Housekeeping(path: path, recent: recent, log)
        let didCommit: @Sendable ([CommitQueue.Committed], Ledger.Commit) -> Void = { batch, commit in
            starter?.wake()
            log.stored(batch)
            housekeeping.take(commit)
        }
        let queue =
            committer.map { committer in
                CommitQueue(
                    commit: { committer.commit($0) }, probe: { committer.probe() }, didCommit: didCommit,
                    willRefuse: log.notStored)
            }
            ?? CommitQueue(
                Ledger(path: path, expectsLoad: true, recent: recent), didCommit: didCommit,
                willRefuse: log.notStored, didLeave: { housekeeping.take($0) })
        let isOwn = listener.isOwn
        try start(isOwn, log) { () throws(Thread.Failure) in try log.startThread() }
        try start(isOwn, log) { () throws(Thread.Failure) in try housekeeping.startThread() }
        try start(isOwn, log) { () throws(Thread.Failure) in try queue.startLeaders() }
        try start(true, log) { () throws(Thread.Failure) in
            try committer?.start(didAppend: { housekeeping.take($0) }, tell: { log.failed($0) })
        }
        if let starter { try start(isOwn, log) { () throws(Thread.Failure) in try starter.startThread() } }
        let gateway = Gateway(settings, log, version: version) { committer?.overview($0) }
        try serve(
            listener, log, threads: settings.threads, maximumBody: settings.maximumBody,
            isShort: settings.pageKeys == nil ? Request.isPosted : Request.isCallback,
            isReady: {
                log.started(name)
                log.ignored(settings.ignored)
                if let problem = settings.pageProblem { log.misconfigured(problem) }
            }
        ) { request, readBody, reply in
            let hasBody = request.method != "HEAD"
            gateway.answer(request, arrival: .now, readBody: readBody) { submission, completion in
                guard let starter else { return queue.submit(submission, completion: completion) }
                starter.willCommit()
                queue.submit(submission) { outcome in
                    if case .success(.filed) = outcome { starter.didCommit() }
                    completion(outcome)
                }
            } probe: {
                queue.probe()
            } reply: { response in
                reply(
                    FastCGIReply(
                        response, withBody: hasBody, errorLine: response == .notSetUp ? "event=misconfigured" : nil))
            }
        } didTake: {
            queue.flush()
        }
        committer?.finish()
        housekeeping.finish()
        starter?.finish()
        log.stopped()
        log.finish()
    }

    /// Begins as `serve` does, without a socket that anybody could connect to, and stops there.
    ///
    /// - Throws: Why `serve` would not begin. What was started stays until the process ends.
    package static func rehearse(_ settings: Settings) throws(ListeningSocket.Problem) {
        ProcessMemory.keepSmall()
        guard DescriptorLimit.raised() >= DescriptorLimit.least else {
            throw ListeningSocket.Problem(
                "it may have only \(DescriptorLimit.raised()) descriptors open: raise that limit to 256 or more")
        }
        let log = EventLog()
        let recent = RecentWrites()
        let housekeeping = Housekeeping(path: settings.dataDirectory, recent: recent, log)
        let ledger = Ledger(path: settings.dataDirectory, expectsLoad: true, recent: recent)
        let queue = CommitQueue(ledger, didCommit: { _, _ in }, willRefuse: { _ in })
        try start(true, log) { () throws(Thread.Failure) in
            try log.startThread()
            try housekeeping.startThread()
            try queue.startLeaders()
        }
        let listener = try ListeningSocket()
        let server = try FastCGIServer(
            listener, maximumBody: settings.maximumBody, answer: { _, _, _ in }, isShort: { _ in false },
            unavailable: FastCGIReply(bytes: Response.unavailable.bytes(withBody: true)))
        try start(true, log) { () throws(Thread.Failure) in try server.startThreads(settings.threads) }
        do throws(LedgerError) { try FastCGILibrary.probe() } catch {
            throw ListeningSocket.Problem("cannot serve: \(error.explanation)")
        }
    }

    /// What must be so before the first thread is started.
    private static func prepare() {
        // A thread that does not block the signals would get them from the kernel as well.
        Signals.blockStopSignals()
    }

    private static func start(
        _ isRequired: Bool, _ log: EventLog, _ start: () throws(Thread.Failure) -> Void
    ) throws(ListeningSocket.Problem) {
        do throws(Thread.Failure) { try start() } catch {
            if isRequired {
                throw ListeningSocket.Problem(
                    "cannot start all the threads that it takes: \(error.explanation); raise it, or set KHOINS_THREADS (or --threads) to fewer"
                )
            }
            log.failed(LedgerError(error))
        }
    }

    private static func serve(
        _ listener: borrowing ListeningSocket, _ log: EventLog, threads: Int, maximumBody: Int,
        isShort: @escaping @Sendable ((String) -> String?) -> Bool = Request.isPosted,
        isReady: () -> Void = {},
        answer:
            @escaping @Sendable (Request, Request.BodyReader, @escaping @Sendable (FastCGIReply) -> Void) -> Void,
        didTake: @escaping @Sendable () -> Void = {}
    ) throws(ListeningSocket.Problem) {
        prepare()
        let server = try FastCGIServer(
            listener, maximumBody: maximumBody,
            answer: { variable, read, reply in answer(Request(variable), read, reply) }, isShort: isShort,
            unavailable: FastCGIReply(bytes: Response.unavailable.bytes(withBody: true)), didTake: didTake
        ) { event in
            switch event {
            case .failed(let error): log.failed(error)
            case .brokenOff(let reason): log.brokenOff(reason)
            }
        }
        Signals.ignoreWriteSignals()
        try start(listener.isOwn, log) { () throws(Thread.Failure) in try server.startThreads(threads) }
        isReady()
        server.run { listener.removePath() }
    }
}

/// The settings as a web server's environment and the settings file have them.
private enum Configured {
    case right(Settings)
    case wrong(Settings.Problem)

    /// Reads them, and makes a log that goes where they say, also where something else in them is wrong.
    static func read(_ environment: Variables) -> (Configured, EventLog) {
        var log = EventLog()
        log.keep(inFile: SettingValues(environment: environment).logFile)
        do throws(Settings.Problem) {
            let values = try SettingsSource.values(environment: environment)
            log.keep(inFile: values.logFile)
            return (.right(try values.settings()), log)
        } catch {
            return (.wrong(error), log)
        }
    }
}

extension FastCGIReply {
    fileprivate init(_ response: Response, withBody: Bool, errorLine: String?) {
        self.init(bytes: response.bytes(withBody: withBody), errorLine: errorLine, isRefusal: response.isRefusal)
    }
}

extension Gateway {
    fileprivate init(
        _ settings: Settings, _ log: EventLog, version: String,
        cluster: @escaping @Sendable (Timestamp) -> ClusterOverview? = { _ in nil }
    ) {
        let panel = settings.pageKeys.map {
            Panel(
                keys: $0, directory: settings.dataDirectory, zone: settings.zone, version: version,
                trustsProxy: settings.isCalledByHTTPS)
        }
        self.init(
            access: settings.access, maximumBody: settings.maximumBody, log: log, panel: panel,
            directory: settings.dataDirectory, zone: settings.zone, cluster: cluster)
    }
}
