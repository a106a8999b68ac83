import FoundationEssentials
import Glibc

/// How a program ended, and what it said.
struct Ending: Equatable {
    /// The exit status; 128 and the number for a signal, as a shell says it.
    var status: Int32
    var output: String
    var errors: String
}

/// The executable under test: the one that `KHOINS_TEST_BINARY` names, else the debug build beside the tests.
struct Program {
    private static let path =
        getenv("KHOINS_TEST_BINARY").map { String(cString: $0) }
        ?? URL(filePath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path + "/khoins-callback"

    let scratch: Scratch
    /// Besides the zone, which is always the one of Jakarta, without any file of zones.
    var environment: [String: String] = [:]

    init(_ scratch: Scratch) {
        self.scratch = scratch
        environment["KHOINS_DATA"] = scratch.data
    }

    /// Runs it to its end.
    ///
    /// - Parameter user: As whom, where that is not root.
    func run(_ arguments: String..., input: [UInt8] = [], user: UInt32 = 0) throws -> Ending {
        try start(arguments, input: input, user: user).ending()
    }

    /// Runs a line of the shell on a terminal (script(1)), with `khoins-callback` standing for the executable.
    ///
    /// - Returns: All that the terminal got, in `output`.
    func runOnTerminal(_ line: String) throws -> Ending {
        let own = try withLink { "PATH=\($0):/usr/bin:/bin; \(line)" }
        return try start([], words: ["script", "--quiet", "--flush", "--return", "--command", own, "/dev/null"])
            .ending()
    }

    /// A directory in which the executable has its own name.
    private func withLink(_ body: (String) -> String) throws -> String {
        let directory = scratch.file("bin")
        mkdir(directory, 0o755)
        if symlink(Self.path, "\(directory)/khoins-callback") != 0, errno != EEXIST {
            throw SystemError(call: "symlink", code: errno)
        }
        return body(directory)
    }

    /// Starts it, and lets others be started beside it.
    ///
    /// - Parameters:
    ///   - output: Where its output goes instead of into the ending.
    ///   - closedOutput: Its output is a pipe that nobody reads.
    ///   - others: What is started in its place.
    func start(
        _ arguments: [String], input: [UInt8] = [], user: UInt32 = 0, output: String? = nil, closedOutput: Bool = false,
        words others: [String]? = nil
    ) throws -> Run {
        let base = scratch.file(".run-\(UUID().uuidString)")
        try Data(input).write(to: URL(filePath: "\(base).in"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "\(base).in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "\(base).out", O_WRONLY | O_CREAT, 0o666)
        var pipeEnds: [Int32] = [-1, -1]
        if closedOutput {
            guard pipe(&pipeEnds) == 0 else { throw SystemError(call: "pipe", code: errno) }
            for end in pipeEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            close(pipeEnds[0])
            posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], 1)
        }
        defer { if closedOutput { close(pipeEnds[1]) } }
        posix_spawn_file_actions_addopen(&actions, 2, "\(base).err", O_WRONLY | O_CREAT, 0o666)
        let prefix = user == 0 ? [] : ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
        let words = try others ?? prefix + [user == 0 ? Self.path : copied()] + arguments
        let environment = environment.merging(["TZ": "WIB-7", "PATH": "/usr/bin:/bin"]) { own, _ in own }
        var strings: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in strings + variables { free(string) } }
        var child = pid_t()
        let code = posix_spawnp(&child, words[0], &actions, nil, &strings, &variables)
        guard code == 0 else { throw SystemError(call: "posix_spawn \(words[0])", code: code) }
        return Run(child: child, base: base)
    }

    /// The executable where others than its owner can get at it.
    private func copied() throws -> String {
        let copy = scratch.file("khoins-callback")
        if access(copy, X_OK) == 0 { return copy }
        // By another process: a descriptor that writes to the copy could be inherited by a program that another test
        // starts at this moment, and the copy could not be run until that has gone (ETXTBSY).
        let words = ["cp", Self.path, copy]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let code = posix_spawn(&child, "/bin/cp", nil, nil, &arguments, nil)
        guard code == 0 else { throw SystemError(call: "posix_spawn cp", code: code) }
        while waitpid(child, nil, 0) < 0, errno == EINTR {}
        return copy
    }

    struct Run {
        fileprivate let child: pid_t
        fileprivate let base: String

        func stop() { Glibc.kill(child, SIGTERM) }

        func kill() { Glibc.kill(child, SIGKILL) }

        func ending() throws -> Ending {
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            func text(_ name: String) -> String {
                String(decoding: (try? Data(contentsOf: URL(filePath: "\(base).\(name)"))) ?? Data(), as: UTF8.self)
            }
            let ending = Ending(
                status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F), output: text("out"),
                errors: text("err"))
            for name in ["in", "out", "err"] { unlink("\(base).\(name)") }
            return ending
        }
    }
}
