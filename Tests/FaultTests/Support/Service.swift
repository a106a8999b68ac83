import Foundation
import TestSupport

/// A running `serve`, ended with its value if it still runs.
final class Service: @unchecked Sendable {
    // Started and ended by one thread; others only connect.

    let process: ChildProcess
    let client: FastCGIDoor

    /// Starts it on a unix socket beside the data directory, and waits until it takes connections.
    ///
    /// - Parameters:
    ///   - limits: For prlimit(1).
    ///   - namespace: A view of the machine of its own.
    ///   - user: As whom, where that is not root.
    ///   - log: A descriptor that its log goes to; `logged` is empty then.
    ///   - waits: Leave it out where a fault may end the program before it serves.
    init(
        _ site: Site, faults: [Fault] = [], limits: [String] = [], inside namespace: Namespace = .host,
        threads: Int = 8, log: Int32? = nil, user: UInt32? = nil, waits: Bool = true
    ) throws {
        client = FastCGIDoor(address: .unix("\(site.root)/s"))
        let words = [try TestBinary.path(), "serve", "--listen", client.address.text, "--threads", "\(threads)"]
        let limits = limits.isEmpty ? [] : [try ServerProgram.path("prlimit")] + limits
        var command = try Command(words, environment: site.environment())
            .behind(namespace.words + limits + Fault.tracer(faults))
        if let user { command = command.asUser(user) }
        if let log { command.descriptors[2] = log }
        process = try ChildProcess(command)
        if waits { try waitUntilReady() }
    }

    /// - Returns: Whether it takes connections; not if it has ended before.
    @discardableResult
    func waitUntilReady() throws -> Bool {
        try eventually("readiness", within: 10) {
            if !process.isRunning { return false }
            return (try? StreamSocket(connectingTo: client.address)) != nil ? true : nil
        }
    }

    /// What it has logged so far.
    var logged: String { process.errors }

    var descriptorCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/fd").count) ?? 0
    }

    /// Bytes of memory that it has addresses for, and that it uses.
    var addressSpace: Int { memory("VmSize:") }
    var residentMemory: Int { memory("VmRSS:") }

    private func memory(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Ends it as an operator does.
    ///
    /// - Returns: Its status.
    @discardableResult
    func stop(within seconds: Int = 15) throws -> Int32 {
        process.signal(SIGTERM)
        return try process.ending(seconds: seconds).status
    }
}
