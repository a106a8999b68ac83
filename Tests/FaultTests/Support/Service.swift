import Glibc
import TestSupport

/// A running `serve`, ended with its value if it still runs.
final class Service: @unchecked Sendable {
    // Started and ended by one thread; others only connect.

    let process: ChildProcess
    let client: FastCGIDoor

    /// Starts it on a unix socket beside the data directory, and waits until it takes connections.
    ///
    /// - Parameter waits: Leave it out where a fault may end the program before it serves.
    init(
        _ site: Site, faults: [Fault] = [], threads: Int = 8, inside namespace: Namespace = .host, waits: Bool = true
    ) throws {
        client = FastCGIDoor(address: .unix("\(site.root)/s"))
        let words = [try TestBinary.path(), "serve", "--listen", client.address.text, "--threads", "\(threads)"]
        process = try ChildProcess(
            Command(words, environment: site.environment()).behind(namespace.words + Fault.tracer(faults)))
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

    /// Ends it as an operator does.
    ///
    /// - Returns: Its status.
    @discardableResult
    func stop(within seconds: Int = 15) throws -> Int32 {
        process.signal(SIGTERM)
        return try process.ending(seconds: seconds).status
    }
}
