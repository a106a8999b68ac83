import Formats
import Foundation
import Journal
import Ledger
import System
import TestSupport
import Testing

/// A data directory of its own below a fresh temporary one, which goes away with its value.
///
/// Where nobody has asked meanwhile whether all is as promised, somebody looks on the way out.
final class Site: Sendable {
    let root: String
    let data: String
    private let ownsRoot: Bool
    private let source: SourceLocation
    private let isLookedAt = Locked(false)

    /// - Parameter parent: Where the data directory is to be made; a fresh temporary directory unless given.
    init(in parent: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if let parent {
            root = parent
        } else {
            var template = Array("\(Self.temporary)/khoins-fault-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
            root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        ownsRoot = parent == nil
        source = sourceLocation
        data = "\(root)/data"
    }

    /// In memory where possible: what a killed process has written stays in memory on a disk too, and only a power cut
    /// tells the difference.
    private static let temporary = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()

    /// A site whose data directory holds the same files. As after a restart of the machine, nobody vouches for them.
    func copy() throws -> Site {
        let copy = try Site()
        if FileManager.default.fileExists(atPath: data) {
            try FileManager.default.copyItem(atPath: data, toPath: copy.data)
        }
        return copy
    }

    deinit {
        if !isLookedAt.withLock({ $0 }) { DataDirectory.expectOrder(data, sourceLocation: source) }
        if ownsRoot { try? FileManager.default.removeItem(atPath: root) }
    }

    /// For a test that leaves damage on purpose: nobody looks at the data directory on the way out.
    func leavesDamage() { isLookedAt.withLock { $0 = true } }

    func environment(_ more: [String: String] = [:]) -> [String: String] {
        ["KHOINS_DATA": data, "KHOINS_ACCESS": "open"].merging(more) { $1 }
    }

    // MARK: - Requests by CGI

    /// Posts a body in a process of its own, and notes it.
    func post(_ body: String, _ tally: Tally, faults: [Fault] = [], limits: [String] = []) throws -> Answer {
        tally.sending(body)
        let answer = try request(
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(body.utf8.count)"], body, faults, limits)
        tally.answered(body, answer)
        return answer
    }

    func post(_ callback: SentCallback, _ tally: Tally, faults: [Fault] = []) throws -> Answer {
        try post(callback.body, tally, faults: faults)
    }

    /// Posts a body in a process that is killed some time later, if it still runs then.
    func postKilled(_ body: String, _ tally: Tally, after microseconds: UInt32) throws {
        tally.sending(body)
        let process = try ChildProcess(try command(FastCGIDoor.postVariables(body), body))
        usleep(microseconds)
        process.signal(SIGKILL)
        tally.answered(body, Answer(cgi: try process.ending()))
    }

    /// Asks whether a callback could be stored; brings the data directory into order, as any request does.
    func health(faults: [Fault] = [], limits: [String] = []) throws -> Answer {
        try request(["REQUEST_METHOD": "GET"], "", faults, limits)
    }

    private func request(
        _ variables: [String: String], _ body: String, _ faults: [Fault], _ limits: [String]
    ) throws -> Answer {
        let variables = ["REMOTE_ADDR": "182.23.3.230"].merging(variables) { $1 }
        let command = try command(variables, body).behind(limits + Fault.tracer(faults))
        return Answer(cgi: try ChildProcess.run(command))
    }

    /// The program as a CGI server calls it.
    func command(_ variables: [String: String], _ body: String) throws -> Command {
        Command(
            [try TestBinary.path()],
            environment: environment(variables.merging(["GATEWAY_INTERFACE": "CGI/1.1"]) { $1 }),
            input: Array(body.utf8))
    }

    // MARK: - Commands

    /// - Parameter arguments: `DATA` in them stands for the data directory.
    /// - Returns: The exit status; 128 and its number for the signal that ended it.
    @discardableResult
    func run(_ arguments: [String], faults: [Fault] = [], inside namespace: Namespace = .host) throws -> Int32 {
        try program(arguments.map { $0.replacing("DATA", with: data) }, faults, inside: namespace).status
    }

    /// - Returns: The exit status, the findings, one a line, and the words for people.
    func verify(repair: Bool = false, faults: [Fault] = []) throws -> Ending {
        leavesDamage()
        return try program(["verify"] + (repair ? ["--repair"] : []), faults)
    }

    func program(
        _ arguments: [String], _ faults: [Fault] = [], inside namespace: Namespace = .host
    ) throws -> Ending {
        let command = Command([try TestBinary.path()] + arguments, environment: environment())
        return try ChildProcess.run(command.behind(namespace.words + Fault.tracer(faults)), seconds: 120)
    }

    // MARK: - Files

    /// The names in a directory of the data directory, hidden ones included; none where it is missing.
    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(data)/\(folder)")) ?? []).sorted()
    }

    func bytes(of file: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(data)/\(file)").map { Array($0) }
    }

    func write(_ bytes: [UInt8], to file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(data)/\(file)"))
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(data)/\(file)") }

    /// Journal files, oldest first.
    var journalFiles: [String] { names(in: "journal").filter { $0.hasSuffix(".jsonl") }.map { "journal/\($0)" } }

    /// A record as it can be read now.
    func record(_ trxid: String) -> Record? { bytes(of: "transactions/\(trxid).json").flatMap { Record(json: $0) } }
}
