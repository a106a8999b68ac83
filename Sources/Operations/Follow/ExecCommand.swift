import CLinux
import Gateway
import Glibc
import Journal
import KHOINS
import Ledger
import System

/// The command that `follow --exec` runs.
struct ExecCommand {
    private let command: String
    private let dataDirectory: String
    private let environment: [String: String]

    init(_ command: String, dataDirectory: String) {
        self.command = command
        self.dataDirectory = dataDirectory
        environment = SettingsSource.environment.filter { !Self.isWithheld($0.key) }
    }

    /// Secrets, and what web servers and systemd tell this process alone.
    private static func isWithheld(_ name: String) -> Bool {
        [
            "KHOINS_TOKEN", "KHOINS_URL", "KHOINS_ALLOW", "KHOINS_ACCESS", "KHOINS_PAGE_KEY", "KHOINS_MONITOR_TOKEN",
            "GATEWAY_INTERFACE", "NOTIFY_SOCKET",
            "WATCHDOG_PID", "WATCHDOG_USEC",
        ]
        .contains(name) || name.hasPrefix("LISTEN_")
    }

    /// Starts the command for a change. It gets the record on its standard input, this process's output and errors, and
    /// no other descriptor; it is in a process group of its own, so that Ctrl-C does not reach it.
    func start(for change: JournalChange) throws(LedgerError) -> pid_t {
        let input = try input(change.record.json)
        defer { close(input) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var pid = pid_t()
        let code = withStrings(["/bin/sh", "-c", command]) { arguments in
            withStrings(variables(for: change)) { posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, $0) }
        }
        if let code, code != 0 { throw .returned(code, by: "posix_spawn", "/bin/sh") }
        return pid
    }

    private func variables(for change: JournalChange) -> [String] {
        var variables = environment
        variables["KHOINS_DATA"] = dataDirectory
        variables["KHOINS_TRXID"] = change.record.callback.trxid ?? ""
        variables["KHOINS_STATUS"] = change.record.status.rawValue
        variables["KHOINS_RESULT"] = change.change.rawValue
        variables["KHOINS_POSITION"] = change.position.description
        variables["KHOINS_FILE"] = "\(dataDirectory)/\(change.name.path)"
        // A variable ends at a NUL, and an id cut short would be another id.
        return variables.map { "\($0)=\($1.replacing("\0", with: "\u{FFFD}"))" }
    }

    /// A file in memory with these bytes: unlike a pipe, it does not have to wait for its reader.
    private func input(_ bytes: [UInt8]) throws(LedgerError) -> Int32 {
        let descriptor = try MemoryFile.make("record")
        do throws(LedgerError) { try MemoryFile.load(bytes, into: descriptor, "record") } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }
}

/// Gives strings as C's calls take them: an array of pointers with a null at its end.
private func withStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value?
) -> Value? {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in buffer.baseAddress.flatMap { body($0) } }
}
