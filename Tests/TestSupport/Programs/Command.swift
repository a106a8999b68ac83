/// A program to start.
package struct Command: Sendable {
    /// The program first.
    package var arguments: [String]
    /// All of it, but for a `PATH`, if it has none; nothing else is inherited.
    package var environment: [String: String] = [:]
    /// What it reads on standard input.
    package var input: [UInt8] = []
    /// Where it works; where the tests do unless given.
    package var directory: String?
    /// Its descriptors by number, with those of the test that they are copies of. Those that are not named are its input
    /// and what it says; it gets no others.
    package var descriptors: [Int32: Int32] = [:]

    package init(_ arguments: String...) {
        self.arguments = arguments
    }

    package init(_ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []) {
        self.arguments = arguments
        self.environment = environment
        self.input = input
    }

    /// The same program, run by another one that takes it as its last arguments: a tracer, prlimit(1), setpriv(1).
    package func behind(_ words: [String]) -> Command {
        var command = self
        command.arguments = words + arguments
        return command
    }

    /// The same program with limits as prlimit(1) takes them, such as `--nofile=256`.
    package func limited(_ limits: String...) -> Command { behind(["/usr/bin/prlimit"] + limits) }

    /// The same program as the unprivileged user that handlers run as.
    package var asServerUser: Command { behind(ServerUser.prefix) }

    /// The same program as another user; only root can do that.
    package func asUser(_ id: UInt32) -> Command {
        behind(["/usr/bin/setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups", "--"])
    }
}

/// How a program ended, and what it said.
package struct Ending: Equatable, Sendable {
    /// The status of a program that was ended by SIGKILL.
    package static let killed: Int32 = 128 + 9

    /// The exit status; 128 and the number for a signal, as a shell says it.
    package var status: Int32
    /// What it wrote to standard output.
    package var bytes: [UInt8]
    /// What it wrote to standard error.
    package var errors: String

    package var output: String { String(decoding: bytes, as: UTF8.self) }

    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    package init(status: Int32, bytes: [UInt8], errors: String) {
        self.status = status
        self.bytes = bytes
        self.errors = errors
    }

    package init(status: Int32, output: String, errors: String) {
        self.init(status: status, bytes: Array(output.utf8), errors: errors)
    }
}
