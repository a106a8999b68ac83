import Formats
import Gateway
import Glibc
import Journal
import Ledger
import System

/// Tells the shop by POSTing each body to a URL, by the `curl` of this machine. One process of it makes many requests on
/// one connection. URL and bodies get there in a file without a name: arguments are in every process list.
final class ForwardTeller: Teller {
    /// Bytes of an answer that are taken; they are thrown away.
    private static let longestAnswer = 1 << 20
    /// Requests of one process: first, and at most while all goes well.
    private static let batches = (first: 4, longest: 128)
    /// Milliseconds beyond its time-outs after which a process is ended.
    private static let grace: Int64 = 5_000

    private struct Process {
        var slot: Int
        var areRetries: Bool
        var program: ChildProgram
        var answers: CurlAnswers
        /// What no answer has come for, in order.
        var open: [Position]
        var count: Int
        var deadline: Int64
        var hasFailed = false
        /// curl has ended by itself, after a request that had no answer, or none that was whole.
        var isCut = false
    }

    private let url: ForwardURL
    private let agent: String
    private let timeout: Int64
    private let program: String
    private var processes: [pid_t: Process] = [:]
    private var early: [(slot: Int, position: Position, outcome: TellOutcome)] = []
    private var batch = (fresh: ForwardTeller.batches.first, retries: 1)

    /// - Parameters:
    ///   - timeout: Milliseconds after which a request has failed.
    ///   - program: The path or the name of curl.
    init(_ url: ForwardURL, version: String, timeout: Int64 = 15_000, program: String = "curl") {
        self.url = url
        agent = "khoins-callback/\(version)"
        self.timeout = timeout
        self.program = program
    }

    /// Whether there is a program of that name to be run.
    static func isThere(_ program: String = "curl") -> Bool {
        if program.contains("/") { return access(program, X_OK) == 0 }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/bin:/usr/bin"
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    var noticesPerMinute: Int { 1 }
    var takesExpectations: Bool { false }
    func limit(areRetries: Bool) -> Int { areRetries ? batch.retries : batch.fresh }
    func subject(_ title: String) -> String { "the shop, told of \(title)," }
    var descriptors: [Int32] { processes.values.map(\.program.output).filter { $0 >= 0 } }
    var nextMoment: Int64? { early.isEmpty ? processes.values.map(\.deadline).min() : 0 }

    func start(_ slot: TellSchedule.Slot, _ tellings: [Telling]) {
        do throws(LedgerError) {
            try spawn(slot, tellings)
        } catch {
            let words = "could not be asked: curl cannot be started: \(error.reason)"
            for telling in tellings {
                let failure = TellFailure(cause: "curl", words: words, isOfShop: true)
                early.append((slot.id, telling.position, .failed(failure)))
            }
        }
    }

    private func spawn(_ slot: TellSchedule.Slot, _ tellings: [Telling]) throws(LedgerError) {
        let mark = "khoins-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        var configuration: [UInt8] = []
        var bodies: [Int32] = []
        defer { for body in bodies { close(body) } }
        for telling in tellings {
            guard let request = ForwardRequest(telling) else { continue }
            var file: String?
            if !request.isPlain {
                file = "/proc/self/fd/\(STDERR_FILENO + 1 + Int32(bodies.count))"
                bodies.append(try Self.file(request.body))
            }
            if !configuration.isEmpty { configuration += "next\n".utf8 }
            configuration += common(mark, telling.position)
            configuration += request.lines(bodyIn: file)
        }
        let input = try Self.file(configuration)
        defer { close(input) }
        // A configuration of the user's own must not change what is sent.
        let curl = try ChildProgram(program, ["-q", "--config", "-"], input: input, others: bodies)
        processes[curl.process] = Process(
            slot: slot.id, areRetries: slot.areRetries, program: curl, answers: CurlAnswers(mark: mark),
            open: tellings.map(\.position), count: tellings.count,
            deadline: FollowWakeup.now + timeout * Int64(tellings.count) + Self.grace)
    }

    /// What every request has in common.
    private func common(_ mark: String, _ position: Position) -> [UInt8] {
        // Standard error is not kept back by curl, so that this line comes when the request is over.
        let lines = """
            url = "\(url.text)"
            user-agent = "\(agent)"
            header = "Expect:"
            silent
            fail-early
            show-error
            globoff
            proto = "=http,https"
            max-time = \(timeout / 1_000).\(String(timeout % 1_000 + 1_000).dropFirst())
            max-filesize = \(Self.longestAnswer)
            output = "/dev/null"
            dump-header = "-"
            write-out = "%{stderr}\(mark) \(position) %{http_code} %{exitcode}\\n"

            """
        return Array(lines.utf8)
    }

    /// A file in memory, under a number that is out of the way of those that the program is given.
    private static func file(_ bytes: [UInt8]) throws(LedgerError) -> Int32 {
        let low = try MemoryFile.make("request")
        defer { close(low) }
        try MemoryFile.load(bytes, into: low, "request")
        return try systemCall("fcntl", "request") {
            fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1 + Int32(batches.longest))
        }
    }

    func collect(now: Int64) -> [(slot: Int, position: Position, outcome: TellOutcome)] {
        var outcomes = early
        early = []
        for pid in processes.keys {
            guard var process = processes[pid] else { continue }
            let status = process.program.ending()
            for answer in drain(&process) {
                guard let index = process.open.firstIndex(of: answer.position) else { continue }
                process.open.remove(at: index)
                process.isCut = (answer.code ?? (answer.error == nil ? 0 : 1)) != 0
                let outcome = outcome(of: answer)
                outcomes.append((process.slot, answer.position, outcome))
                judge(outcome, &process)
            }
            if let status {
                processes[pid] = nil
                process.program.closeOutput()
                outcomes += leftovers(of: process, status)
            } else {
                if now >= process.deadline {
                    kill(pid, SIGKILL)
                    process.deadline = now + Self.grace
                }
                processes[pid] = process
            }
        }
        return outcomes
    }

    /// Lets more requests go in one process while all is well, and few otherwise: what takes long holds up those behind.
    private func judge(_ outcome: TellOutcome, _ process: inout Process) {
        if case .failed = outcome {
            process.hasFailed = true
            if process.areRetries { batch.retries = 1 } else { batch.fresh = 1 }
        } else if process.open.isEmpty, !process.hasFailed {
            if process.areRetries {
                batch.retries = min(batch.retries * 2, Self.batches.longest)
            } else {
                batch.fresh = min(batch.fresh * 2, Self.batches.longest)
            }
        }
    }

    /// What a process that has ended has said nothing of.
    private func leftovers(
        of process: Process, _ status: Int32
    ) -> [(slot: Int, position: Position, outcome: TellOutcome)] {
        process.open.enumerated().map { index, position in
            // The first one was under way, unless curl ended after the one before it.
            if index > 0 || process.isCut { return (process.slot, position, .notTried) }
            let code = status & 0x7F == 0 ? status >> 8 & 0xFF : -1
            // 2 is what it says of an option that it does not know.
            let words = "could not be asked: curl ended with \(code)" + (code == 2 ? "; it must be 7.52 or newer" : "")
            return (process.slot, position, .failed(TellFailure(cause: "curl", words: words)))
        }
    }

    private func drain(_ process: inout Process) -> [CurlAnswers.Answer] {
        var answers: [CurlAnswers.Answer] = []
        var taken = process.answers
        process.program.read { answers += taken.take($0) }
        process.answers = taken
        return answers
    }

    private func outcome(of answer: CurlAnswers.Answer) -> TellOutcome {
        switch answer.status {
        case 200..<300: return .told(String(answer.status))
        case 410: return .givenUp("410")
        case 429, 503:
            let pause = RetryAfter.milliseconds(answer.retryAfter, date: answer.date, now: .now)
            return .failed(
                TellFailure(
                    cause: "answered \(answer.status)", words: "answered \(answer.status)", retryAfter: pause))
        case 100...: return .failed(TellFailure(cause: "answered \(answer.status)", words: "answered \(answer.status)"))
        default:
            let code = answer.code ?? Self.code(in: answer.error)
            let words = code.map { Self.failure($0) } ?? "did not answer"
            return .failed(TellFailure(cause: words, words: words, isOfShop: code.map(Self.isOfShop) ?? false))
        }
    }

    /// `curl: (7) Failed to connect …`
    private static func code(in error: String?) -> Int? {
        error?.split(separator: "(").dropFirst().first?.split(separator: ")").first.flatMap { Int($0) }
    }

    /// What became of a request to the shop, by curl's exit code (curl(1)), as the end of a sentence.
    private static func failure(_ code: Int) -> String {
        switch code {
        case 5, 6: "could not be asked: the URL's name leads nowhere"
        case 7: "could not be asked: nobody listens there, or a firewall is in between"
        case 28: "did not answer in time"
        case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91:
            "could not be asked: TLS failed, or its certificate is not valid"
        case 0, 27: "sent no whole answer, or one with endless headers"
        case 1, 8: "answered with what is no HTTP, or curl was built without TLS"
        case 3: "could not be asked: curl does not understand the URL"
        case 52, 55, 56: "took the request, and sent no answer"
        default: "could not be asked (curl exit code \(code))"
        }
    }

    /// Whether an exit code means that nothing at all can be told: no name, nobody who listens, no certificate that can be
    /// trusted.
    private static func isOfShop(_ code: Int) -> Bool {
        [5, 6, 7, 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91].contains(code)
    }
}
