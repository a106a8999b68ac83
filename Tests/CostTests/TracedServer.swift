import Glibc
import TestSupport
import Testing

/// `serve` under strace, from its start to its end.
struct TracedServer {
    /// How often each system call was made.
    struct Calls {
        fileprivate var counts: [String: Int] = [:]

        var total: Int { counts["total"] ?? 0 }
        func count(of call: String) -> Int { counts[call] ?? 0 }
    }

    private let scratch: Scratch
    private let process: ChildProcess
    private let door: FastCGIDoor

    /// Starts it in a fresh directory, sends callbacks one after the other, and stops it.
    static func count(callbacks: Int, threads: Int) throws -> Calls {
        let server = try TracedServer(threads: threads)
        for number in 1...callbacks {
            let reply = try server.door.send(Request(posting: Body.success("trx-\(10_000 + number)")))
            guard reply.text.contains(#""result":"created""#) else { throw Uncounted(description: reply.text) }
        }
        return try server.calls()
    }

    private init(threads: Int) throws {
        let scratch = try Scratch(.plain)
        self.scratch = scratch
        let door = FastCGIDoor(address: .unix(scratch.file("socket")))
        self.door = door
        let command = Command(
            [try TestBinary.path(), "serve", "--listen", door.address.text, "--threads", "\(threads)"],
            environment: ["KHOINS_DATA": scratch.data.path, "KHOINS_TOKEN": secretToken])
        // With -D the process that is started is the one that is traced, so that signals reach it.
        let tracer = [
            try ServerProgram.path("strace"), "-D", "-f", "-c", "-U", "calls,name", "-o", scratch.file("calls"),
        ]
        let process = try ChildProcess(command.behind(tracer))
        self.process = process
        try wait(for: "socket") { (try? StreamSocket(connectingTo: door.address)) != nil || !process.isRunning }
    }

    private func calls() throws -> Calls {
        process.signal(SIGTERM)
        try process.ending()
        // strace writes when the process has gone.
        try wait(for: "strace's summary") { scratch.text("calls").hasSuffix("total\n") }
        var calls = Calls()
        for line in scratch.text("calls").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let count = Int(words[0]) { calls.counts[String(words[1])] = count }
        }
        return calls
    }
}
