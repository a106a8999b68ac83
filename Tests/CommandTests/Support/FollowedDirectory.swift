import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// A data directory that grows while commands follow it, or work on it.
struct FollowedDirectory {
    /// Data, and whatever a test's commands write.
    let scratch: Scratch
    var data: String { scratch.data.path }

    init(sourceLocation: SourceLocation = #_sourceLocation) throws {
        scratch = try Scratch(.plain, sourceLocation: sourceLocation)
    }

    /// Starts the executable on this data directory, in this directory.
    func start(_ arguments: String...) throws -> ChildProcess { try start(arguments) }

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        let usual = ["TZ": "UTC", "KHOINS_TOKEN": "rahasia", "LISTEN_PID": "1"]
        return try start(
            Command(
                [try TestBinary.path()] + arguments + ["--data", data],
                environment: usual.merging(environment) { $1 }))
    }

    /// Runs a script with bash; `$exe` is the executable and `$KHOINS_DATA` the data directory.
    func shell(_ script: String) throws -> ChildProcess {
        try start(
            Command(
                ["/bin/bash", "-c", script],
                environment: ["exe": try TestBinary.path(), "KHOINS_DATA": data, "TZ": "UTC"]))
    }

    private func start(_ command: Command) throws -> ChildProcess {
        var command = command
        command.directory = scratch.path
        return try ChildProcess(command)
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
            let note = try NoteFile(in: journal.directory)?.written()?.note
        else { return }
        var tail = Journal.Tail(note: note)
        try journal.beginFile(&tail, at: Self.time(0))
        try journal.acknowledge(tail.note)
        _ = consume session
    }

    func text(_ name: String) -> String { scratch.text(name) }

    func lines(_ name: String) -> [String] { text(name).split(separator: "\n").map(String.init) }

    func exists(_ name: String) -> Bool { scratch.exists(name) }

    func write(_ text: String, to name: String) throws { try scratch.write(text.utf8, to: name) }

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
