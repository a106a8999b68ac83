import FoundationEssentials
import Glibc

/// A process of this test's own. It is killed, by its id, when this value goes away.
final class Program {
    let id: pid_t
    private let base: String
    private var code: Int32?

    init(_ arguments: [String], in directory: String, environment: [String: String]) throws {
        base = "\(directory)/said-\(UUID().uuidString)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "\(base).out", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(base).err", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // Commands of the test write where it can look.
        let script = #"cd "$0" && exec "$@""#
        let words = ["/bin/sh", "-c", script, directory] + arguments
        let variables = environment.merging(["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"]) { $1 }.map { "\($0)=\($1)" }
        var pointers = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for pointer in pointers + environment { free(pointer) } }
        var id = pid_t()
        let failure = posix_spawn(&id, "/bin/sh", &actions, &attributes, &pointers, &environment)
        guard failure == 0 else { throw TimedOut(what: "start: \(failure)") }
        self.id = id
    }

    deinit {
        signal(SIGKILL)
        _ = try? status()
    }

    var isRunning: Bool {
        guard code == nil else { return false }
        var code: Int32 = 0
        guard waitpid(id, &code, WNOHANG) == id else { return true }
        self.code = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
        return false
    }

    func signal(_ number: Int32) { if isRunning { kill(id, number) } }

    /// Waits for the end: the exit status, or 128 and a signal's number.
    func status(seconds: Int = 60) throws -> Int32 {
        try wait(for: "end", seconds: seconds) { !isRunning }
        return code ?? -1
    }

    var output: String { text("out") }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var errors: String { text("err") }

    private func text(_ suffix: String) -> String {
        FileManager.default.contents(atPath: "\(base).\(suffix)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
