import FoundationEssentials
import Glibc
import KHOINS
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// A data directory for one test, with the built executable to work on it. It goes away with this value.
final class Installation: Sendable {
    /// Data, and whatever a test's commands write.
    let path: String
    var data: String { "\(path)/data" }

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("khoins-follow-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The executable that `KHOINS_TEST_BINARY` names, else the one beside the tests.
    static var executable: String {
        if let given = getenv("KHOINS_TEST_BINARY") { return String(cString: given) }
        let tests = CommandLine.arguments.first ?? ""
        return "\(tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex))/khoins-callback"
    }

    /// Starts the executable on this data directory, in this directory.
    func start(_ arguments: String...) throws -> Program {
        try Program(
            [Self.executable] + arguments + ["--data", data], in: path,
            environment: ["TZ": "UTC", "KHOINS_TOKEN": "rahasia", "LISTEN_PID": "1"])
    }

    /// Runs a script with bash; `$exe` is the executable and `$KHOINS_DATA` the data directory.
    func shell(_ script: String) throws -> Program {
        try Program(
            ["/bin/bash", "-c", script], in: path,
            environment: ["exe": Self.executable, "KHOINS_DATA": data, "TZ": "UTC"])
    }

    /// Stores a callback, as the receiver does.
    func store(_ trxid: String, _ status: String = "Success", at second: Int = 0) {
        let report = #"{\"status\":\"\#(status)\",\"message\":\"x\"}"#
        let body = #"{"refid":"\#(trxid)","message":"\#(report)"}"#
        store(Delivery(body: Array(body.utf8), receivedAt: Self.time(second), remoteAddress: "182.23.3.230"))
    }

    func store(_ delivery: Delivery) {
        for outcome in Ledger(path: data).commit([Submission(delivery)]).outcomes {
            if case .failure(let error) = outcome { Issue.record("\(error)") }
        }
    }

    /// 2026-11-22T08:18:33Z, and seconds after it.
    static func time(_ second: Int) -> Timestamp {
        Timestamp(
            CivilTime(year: 2026, month: 11, day: 22, hour: 8, minute: 18, second: 33 + second))
    }

    /// Goes on in a new journal file, as the ledger does when one is full.
    func beginJournalFile() throws {
        let journal = try Journal(in: try Directory(openingPath: data), making: true)
        guard let session = try journal.begin(within: 10),
            let note = try NoteFile(in: journal.directory)?.note()?.note
        else { return }
        var tail = Journal.Tail(note: note)
        try journal.beginFile(&tail, at: Self.time(0))
        try journal.acknowledge(tail.note)
        _ = consume session
    }

    func text(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func lines(_ name: String) -> [String] { text(name).split(separator: "\n").map(String.init) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    /// The positions of all changes but duplicates in the journal.
    func positions() throws -> [String] {
        try changes().filter { $0.change != .duplicate }.map(\.position.description)
    }

    func changes() throws -> [JournalChange] {
        let follower = try JournalFollower(path: data)
        var changes: [JournalChange] = []
        var start: Position?
        while let end = try follower.acknowledgedEnd(), let piece = try follower.changes(from: start, upTo: end) {
            changes += piece.changes
            start = piece.next
        }
        return changes
    }

    func findings() throws -> [Finding] { try Verifier(path: data).findings() }
}

/// A thing that a test waited for did not come.
struct TimedOut: Error {
    var what: String
}

/// Asks again and again until it is so; the deadline is only there so that a failure ends.
func wait(for what: String, seconds: Int = 60, until isSo: () throws -> Bool) throws {
    let start = ContinuousClock.now
    while try !isSo() {
        guard ContinuousClock.now - start < .seconds(seconds) else { throw TimedOut(what: what) }
        usleep(5_000)
    }
}
