import Foundation

/// A running `serve`, killed with its value if it still runs.
final class Service: @unchecked Sendable {
    // Started and ended by one thread; others only connect.

    let process: ChildProcess
    let client: FastCGIClient
    private let log: FileHandle

    /// Starts it on a unix socket beside the data directory, and waits until it takes connections.
    ///
    /// - Parameter waits: Leave it out where a fault may end the program before it serves.
    init(_ site: Site, faults: [Fault] = [], threads: Int = 8, socket: String = "s", waits: Bool = true) throws {
        let path = "\(site.root)/\(socket)"
        client = FastCGIClient(path: path)
        log = .temporary()
        let input = try Pipe()
        process = try ChildProcess(
            try Fault.tracer(faults) + [
                Executable.path, "serve", "--listen", "unix:\(path)", "--threads", "\(threads)",
            ],
            environment: site.environment(),
            descriptors: [0: input.readEnd, 1: log.fileDescriptor, 2: log.fileDescriptor])
        if waits { try waitUntilReady() }
    }

    /// - Returns: Whether it takes connections; not if it has ended before.
    @discardableResult
    func waitUntilReady() throws -> Bool {
        try eventually("readiness") {
            if !process.isRunning { return false }
            return (try? client.connect()) != nil ? true : nil
        }
    }

    /// What it has logged so far.
    var logged: String { log.textFromStart() }

    /// Ends it as an operator does.
    @discardableResult
    func stop(within seconds: Double = 15) throws -> ChildProcess.Ending {
        process.signal(SIGTERM)
        return try process.wait(within: seconds)
    }
}
