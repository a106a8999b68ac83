import Glibc
import TestSupport
import Testing

/// `serve` under a tool that counts, from its start to its end.
struct TracedServer {
    /// How often each system call was made.
    struct Calls {
        fileprivate var counts: [String: Int] = [:]

        var total: Int { counts["total"] ?? 0 }
        func count(of call: String) -> Int { counts[call] ?? 0 }
    }

    /// Its system calls, by strace.
    static func count(callbacks: Int, threads: Int, settings: [String: String] = [:]) throws -> Calls {
        // With -D the process that is started is the one that is traced, so that signals reach it.
        let report = try report(
            of: ["strace", "-D", "-f", "-c", "-U", "calls,name", "-o"], callbacks: callbacks, threads: threads,
            settings: settings
        ) { $0.hasSuffix("total\n") }
        var calls = Calls()
        for line in report.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let count = Int(words[0]) { calls.counts[String(words[1])] = count }
        }
        return calls
    }

    /// Its instructions, by callgrind.
    static func instructions(callbacks: Int) throws -> Int {
        let report = try report(
            of: ["valgrind", "--tool=callgrind", "--callgrind-out-file="], callbacks: callbacks, threads: 1
        ) { CGIRequest.instructions(inProfile: $0) != nil }
        return try #require(CGIRequest.instructions(inProfile: report))
    }

    /// Starts it in a fresh directory, sends callbacks one after the other, and stops it.
    ///
    /// - Parameter tool: Its words, the last of which takes the file that it writes behind it.
    /// - Returns: What is in that file, once it is whole.
    private static func report(
        of tool: [String], callbacks: Int, threads: Int, settings: [String: String] = [:],
        isWhole: (String) -> Bool
    ) throws -> String {
        let scratch = try Scratch(.plain)
        let door = FastCGIDoor(address: .unix(scratch.file("socket")))
        let command = Command(
            [try TestBinary.path(), "serve", "--listen", door.address.text, "--threads", "\(threads)"],
            environment: settings.merging(["KHOINS_DATA": scratch.data.path, "KHOINS_TOKEN": secretToken]) { $1 })
        var words = [try ServerProgram.path(tool[0])] + tool.dropFirst()
        let file = scratch.file("counts")
        if words.last?.hasSuffix("=") == true { words[words.count - 1] += file } else { words.append(file) }
        let process = try ChildProcess(command.behind(words))
        try wait(for: "socket") { (try? StreamSocket(connectingTo: door.address)) != nil || !process.isRunning }
        for number in 1...callbacks {
            let reply = try door.send(Request(posting: Body.success("trx-\(10_000 + number)")))
            guard reply.text.contains(#""result":"created""#) else { throw Uncounted(description: reply.text) }
        }
        process.signal(SIGTERM)
        try process.ending()
        // Tools write when the process has gone.
        try wait(for: "the counts") { isWhole(scratch.text("counts")) }
        return scratch.text("counts")
    }
}
