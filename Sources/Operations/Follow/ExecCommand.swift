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
    private let environment: Variables

    init(_ command: String, dataDirectory: String) {
        self.command = command
        self.dataDirectory = dataDirectory
        let kept = SettingsSource.environment.all.filter { !Self.isWithheld($0.name) }
        environment = Variables(kept.map { (key: $0, value: $1) })
    }

    /// Secrets, and what web servers and systemd tell this process alone.
    private static func isWithheld(_ name: String) -> Bool {
        [
            "KHOINS_TOKEN", "KHOINS_URL", "KHOINS_ALLOW", "KHOINS_ACCESS", "KHOINS_PAGE_KEY", "KHOINS_MONITOR_TOKEN",
            "KHOINS_FORWARD", "KHOINS_EXEC", "KHOINS_FOLLOW", "GATEWAY_INTERFACE", "NOTIFY_SOCKET", "WATCHDOG_PID",
            "WATCHDOG_USEC",
        ]
        .contains(name) || name.hasPrefix("LISTEN_")
    }

    /// Why a command cannot be run: it begins with the path of a program that is none. `nil` where nothing is known
    /// against it, as for all that only the shell understands.
    package static func fault(in command: String) -> String? {
        let word = command.drop { $0 == " " }.prefix { $0 != " " }
        let isPlain = word.utf8.allSatisfy {
            !Array(#""'\`$&|;<>()*?[]{}~#=!"#.utf8).contains($0) && $0 > 0x20 && $0 != 0x7F
        }
        guard word.contains("/"), isPlain else { return nil }
        var status = stat()
        do throws(LedgerError) { try systemCall("stat", String(word)) { stat(String(word), &status) } } catch {
            return "\(word) cannot be run: \(error.reason)"
        }
        if status.st_mode & S_IFMT == S_IFDIR { return "\(word) cannot be run: it is a directory" }
        if access(String(word), X_OK) != 0 { return "\(word) cannot be run: it is not executable; chmod 755 it" }
        return nil
    }

    /// Starts the command for a change. It gets the record on its standard input.
    func start(for change: JournalChange) throws(LedgerError) -> ChildProgram {
        let input = try input(change.record.json)
        defer { close(input) }
        return try ChildProgram("/bin/sh", ["-c", command], environment: variables(for: change), input: input)
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
        return variables.all.map { "\($0)=\($1.replacing("\0", with: "\u{FFFD}"))" }
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
