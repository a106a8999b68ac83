import Testing

/// The program behind a web server, running.
package final class Installation {
    package let scratch: Scratch
    /// Set once everything runs.
    package var door: any Door
    /// The host name that an operator puts into the examples; theirs is kept unless a test sets another before the start.
    package var host = Request.exampleHost
    /// What an operator changes in the web server's example besides names, paths and ports.
    package var edits: [(String, String)] = []
    /// In the order in which they were started.
    private var processes: [ChildProcess] = []

    package init(_ scratch: Scratch) {
        self.scratch = scratch
        door = CGIDoor(scratch)
    }

    deinit {
        stop()
    }

    /// The executable and its settings, nothing running.
    package static func prepared(
        settings: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Installation {
        let scratch = try Scratch(sourceLocation: sourceLocation)
        try scratch.installExecutable()
        try scratch.writeSettings(settings)
        return Installation(scratch)
    }

    /// Stops everything, the web server before the handler behind it.
    package func stop() {
        while let process = processes.popLast() { process.stop() }
    }

    package struct Broken: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// Starts a process that has to go on running.
    @discardableResult
    package func start(_ name: String, _ command: Command) throws -> ChildProcess {
        let process = try ChildProcess(command, in: scratch, name: name)
        processes.append(process)
        return process
    }

    /// Starts a server on a free port, on another one if somebody else was faster.
    package func start(_ name: String, onPort command: (UInt16) throws -> Command) throws -> UInt16 {
        for _ in 0..<3 {
            let port = try LoopbackPort.next()
            let process = try start(name, command(port))
            try wait(for: name) {
                !process.isRunning || (try? StreamSocket(connectingTo: .tcp(port))) != nil
            }
            if process.isRunning { return port }
            processes.removeLast()
        }
        throw Broken(description: "\(name) does not run\n\(scratch.logs)")
    }

    /// Waits until the whole way works.
    package func waitUntilHealthy() throws {
        do {
            try door.waitUntilHealthy {
                guard processes.allSatisfy(\.isRunning) else { throw Broken(description: "a server ended") }
            }
        } catch {
            throw Broken(description: "\(error)\n\(scratch.logs)")
        }
    }
}
