import Foundation
import Glibc

/// A program to start.
struct Command {
    var arguments: [String]
    var environment: [String: String] = [:]
    /// What it reads on standard input; nothing unless given.
    var input: [UInt8] = []
    /// A socket that becomes its descriptor 3, or its standard input.
    var socket: (descriptor: Int32, as: Int32)?

    init(_ arguments: String...) {
        self.arguments = arguments
    }

    init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// The same program as the unprivileged user that handlers run as.
    var asServerUser: Command {
        var command = self
        command.arguments = ServerUser.prefix + arguments
        return command
    }
}

/// How a program ended, and what it said.
struct Ending {
    /// The exit status; 128 and the number for a signal, as a shell says it.
    var status: Int32
    var output: [UInt8]
    var errors: String
}

/// A process of this test's own. It is stopped, by its id, when this value goes away.
final class ChildProcess {
    let id: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    init(_ command: Command, in scratch: Scratch, name: String = "process") throws {
        let base = scratch.file("logs/\(name)-\(UUID().uuidString.prefix(8))")
        (outputPath, errorPath) = ("\(base).out", "\(base).err")
        var inputPath = "/dev/null"
        if !command.input.isEmpty {
            inputPath = scratch.file("run/\(UUID().uuidString).in")
            try Data(command.input).write(to: URL(fileURLWithPath: inputPath))
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o666)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o666)
        if let socket = command.socket { posix_spawn_file_actions_adddup2(&actions, socket.descriptor, socket.as) }
        // The test runner's own signal mask and dispositions are none of the child's business.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var environment = command.environment
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        // How a program built with a sanitizer tells what it finds.
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS"] {
            if let value = ProcessInfo.processInfo.environment[name] { environment[name] = value }
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = command.arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var id: pid_t = 0
        errno = posix_spawnp(&id, command.arguments[0], &actions, &attributes, &arguments, &variables)
        guard errno == 0 else { throw SystemError("starting \(command.arguments[0])") }
        self.id = id
        if inputPath != "/dev/null" { try? FileManager.default.removeItem(atPath: inputPath) }
    }

    deinit {
        stop()
    }

    var isRunning: Bool {
        guard status == nil else { return false }
        var code: Int32 = 0
        guard waitpid(id, &code, WNOHANG) == id else { return true }
        status = code & 0x7F == 0 ? (code >> 8) & 0xFF : 128 + (code & 0x7F)
        return false
    }

    func signal(_ number: Int32) {
        if isRunning { kill(id, number) }
    }

    /// Waits for the end.
    func ending(seconds: Int = 60) throws -> Ending {
        try wait(for: "end of process", seconds: seconds) { !isRunning }
        return Ending(
            status: status ?? -1, output: Array(FileManager.default.contents(atPath: outputPath) ?? Data()),
            errors: errors)
    }

    /// What it has said on standard error so far.
    var errors: String {
        String(decoding: FileManager.default.contents(atPath: errorPath) ?? Data(), as: UTF8.self)
    }

    /// Asks it to stop, and makes it stop where that does not help.
    func stop() {
        signal(SIGTERM)
        guard (try? wait(for: "end", seconds: 20, until: { !isRunning })) == nil else { return }
        signal(SIGKILL)
        _ = try? wait(for: "end", seconds: 20, until: { !isRunning })
    }

    /// Runs a program to its end.
    static func run(
        _ command: Command, in scratch: Scratch, name: String = "process", seconds: Int = 60
    ) throws -> Ending {
        try ChildProcess(command, in: scratch, name: name).ending(seconds: seconds)
    }
}
