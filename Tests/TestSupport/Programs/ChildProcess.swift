import Foundation
import Glibc

/// A process of this test's own. It is stopped, by its id, when this value goes away.
package final class ChildProcess {
    package let id: pid_t
    private let said: SpokenFile
    private let complained: SpokenFile
    private var status: Int32?

    /// Starts a program.
    ///
    /// - Parameter log: Where files with what it says are to lie, for others to read too: a path without its suffix.
    package init(_ command: Command, log: String? = nil) throws {
        said = try SpokenFile(log.map { "\($0).out" })
        complained = try SpokenFile(log.map { "\($0).err" })
        let input = try SpokenFile(nil, holding: command.input)
        let all = [0: input.descriptor, 1: said.descriptor, 2: complained.descriptor].merging(command.descriptors) {
            $1
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, own) in all.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, own, number)
        }
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
        environment["PATH"] = environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        // How a program built with a sanitizer tells what it finds.
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS"] {
            if let value = ProcessInfo.processInfo.environment[name] { environment[name] = value }
        }
        let words = (command.directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + command.arguments
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var id: pid_t = 0
        errno = posix_spawnp(&id, words[0], &actions, &attributes, &arguments, &variables)
        guard errno == 0 else { throw SystemFailure("starting \(words[0])") }
        self.id = id
        withExtendedLifetime(input) {}
    }

    /// Starts a program whose words lie among the others of a test.
    package convenience init(_ command: Command, in scratch: Scratch, name: String = "process") throws {
        try self.init(command, log: scratch.file("logs/\(name)-\(UUID().uuidString.prefix(8))"))
    }

    deinit {
        stop()
    }

    package var isRunning: Bool {
        guard status == nil else { return false }
        var code: Int32 = 0
        guard waitpid(id, &code, WNOHANG) == id else { return true }
        status = code & 0x7F == 0 ? (code >> 8) & 0xFF : 128 + (code & 0x7F)
        return false
    }

    package func signal(_ number: Int32) {
        if isRunning { kill(id, number) }
    }

    /// Waits for the end.
    @discardableResult
    package func ending(seconds: Int = 60) throws -> Ending {
        try wait(for: "end of process \(id)", seconds: seconds) { !isRunning }
        return Ending(status: status ?? -1, bytes: said.bytes, errors: errors)
    }

    /// What it has said on standard output so far.
    package var output: String { String(decoding: said.bytes, as: UTF8.self) }

    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// What it has said on standard error so far.
    package var errors: String { String(decoding: complained.bytes, as: UTF8.self) }

    /// Asks it to stop, and makes it stop where that does not help.
    package func stop() {
        signal(SIGTERM)
        guard (try? wait(for: "end", seconds: 20, until: { !isRunning })) == nil else { return }
        signal(SIGKILL)
        _ = try? wait(for: "end", seconds: 20, until: { !isRunning })
    }

    /// Runs a program to its end.
    @discardableResult
    package static func run(_ command: Command, seconds: Int = 60) throws -> Ending {
        try ChildProcess(command).ending(seconds: seconds)
    }

    /// Runs a program to its end. What it says lies among the words of the others of a test.
    @discardableResult
    package static func run(
        _ command: Command, in scratch: Scratch, name: String = "process", seconds: Int = 60
    ) throws -> Ending {
        try ChildProcess(command, in: scratch, name: name).ending(seconds: seconds)
    }
}

/// A file that a program writes at its end, or reads from its beginning, while this process looks at all of it.
private final class SpokenFile {
    /// O_TMPFILE of fcntl.h, which Swift does not import.
    private static let temporaryFile: Int32 = 0o20_000_000 | O_DIRECTORY

    let descriptor: Int32

    /// - Parameter path: Where it is to lie; it has no name unless given.
    init(_ path: String?, holding bytes: [UInt8] = []) throws {
        if let path {
            descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        } else {
            descriptor = open("/tmp", O_RDWR | O_APPEND | O_CLOEXEC | Self.temporaryFile, 0o666)
        }
        guard descriptor >= 0 else { throw SystemFailure("open \(path ?? "a temporary file")") }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemFailure("write") }
            rest = rest.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }

    var bytes: [UInt8] {
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = block.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(all.count)) }
            guard count > 0 else { return all }
            all += block[..<count]
        }
    }
}

/// A system call of a test's own failed.
package struct SystemFailure: Error, CustomStringConvertible {
    package var description: String

    /// - Parameter call: What was done; `errno` says what was wrong.
    package init(_ call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}
