import Foundation
import Glibc

/// `serve` under strace, from its start to its end.
final class TracedServer {
    /// How often each system call was made.
    struct Calls {
        fileprivate var counts: [String: Int] = [:]

        var total: Int { counts["total"] ?? 0 }
        func count(of call: String) -> Int { counts[call] ?? 0 }
    }

    private let folder: Folder
    private let process = Process()
    private var socket: String { folder.file("socket") }

    /// Starts it in a fresh directory, sends callbacks one after the other, and stops it.
    static func count(callbacks: Int, threads: Int) throws -> Calls {
        let server = try TracedServer(threads: threads)
        for number in 1...callbacks {
            let answer = try FastCGIExchange.answer(to: callback("trx-\(10_000 + number)"), at: server.socket)
            guard answer.contains(#""result":"created""#) else { throw Failure("answer \(answer)") }
        }
        return try server.calls()
    }

    private init(threads: Int) throws {
        folder = try Folder()
        process.executableURL = URL(fileURLWithPath: try Tool.required(Tool.path("strace"), "strace"))
        // With -D the process that is started is the one that is traced, so that signals reach it.
        process.arguments = [
            "-D", "-f", "-c", "-U", "calls,name", "-o", folder.file("calls"),
            try Tool.required(Tool.executable, "KHOINS_TEST_BINARY"), "serve", "--listen", "unix:\(socket)",
            "--threads", "\(threads)",
        ]
        process.environment = ["KHOINS_DATA": folder.data, "KHOINS_TOKEN": token]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try wait(for: "socket") { FastCGIExchange.isPossible(at: socket) || !process.isRunning }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private func calls() throws -> Calls {
        process.terminate()
        process.waitUntilExit()
        // strace writes when the process has gone.
        try wait(for: "strace's summary") { folder.text("calls").hasSuffix("total\n") }
        var calls = Calls()
        for line in folder.text("calls").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let count = Int(words[0]) { calls.counts[String(words[1])] = count }
        }
        return calls
    }

    private func wait(for what: String, until isSo: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !isSo() {
            guard ContinuousClock.now < deadline else { throw Failure("no \(what)") }
            usleep(5_000)
        }
    }
}
