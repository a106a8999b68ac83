import Glibc
import TestSupport

/// The executable under test, working on a test's own data directory.
struct Program {
    let scratch: Scratch
    /// All of it. The zone is nobody's, so that a time which is told by the machine's stands out.
    var environment: [String: String] = [:]

    init(_ scratch: Scratch) {
        self.scratch = scratch
        environment["KHOINS_DATA"] = scratch.data.path
    }

    /// Runs it to its end.
    ///
    /// - Parameter user: As whom, where that is not root.
    func run(_ arguments: String..., input: [UInt8] = [], user: UInt32 = 0) throws -> Ending {
        let command = try command(arguments, input: input)
        return try ChildProcess.run(user == 0 ? command : command.asUser(user))
    }

    /// Runs a line of the shell on a terminal (script(1)), with `khoins-callback` standing for the executable.
    ///
    /// - Parameter columns: How wide the terminal is.
    /// - Returns: All that the terminal got, in `output`.
    func runOnTerminal(_ line: String, columns: Int = 500) throws -> Ending {
        let directory = scratch.file("bin")
        mkdir(directory, 0o755)
        if symlink(try TestBinary.path(), "\(directory)/khoins-callback") != 0, errno != EEXIST {
            throw SystemFailure("symlink")
        }
        var command = try command([])
        command.arguments = [
            "script", "--quiet", "--flush", "--return", "--command",
            "PATH=\(directory):/usr/bin:/bin; stty columns \(columns); \(line)",
            "/dev/null",
        ]
        return try ChildProcess.run(command)
    }

    /// Starts it, and lets others be started beside it.
    ///
    /// - Parameters:
    ///   - output: A descriptor that its output goes to instead of into the ending.
    ///   - closedOutput: Its output is a pipe that nobody reads.
    func start(
        _ arguments: [String], input: [UInt8] = [], output: Int32? = nil, closedOutput: Bool = false
    ) throws -> ChildProcess {
        var command = try command(arguments, input: input)
        command.descriptors[1] = output
        guard closedOutput else { return try ChildProcess(command) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        close(ends[0])
        defer { close(ends[1]) }
        command.descriptors[1] = ends[1]
        return try ChildProcess(command)
    }

    private func command(_ arguments: [String], input: [UInt8] = []) throws -> Command {
        Command(
            [try TestBinary.path()] + arguments,
            environment: environment.merging(["TZ": "XYZ+3", "PATH": "/usr/bin:/bin"]) { own, _ in own }, input: input)
    }
}
