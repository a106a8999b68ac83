import Foundation
import TestSupport

/// The system calls that a unit lets its service make (systemd.exec(5), SystemCallFilter=).
struct SystemCallFilter {
    private(set) var allowed: Set<String> = []

    /// Reads a unit's filter, with systemd's own sets.
    init(unit: String, in scratch: Scratch) throws {
        let lines = unit.split(separator: "\n").filter { $0.hasPrefix("SystemCallFilter=") }
        for line in lines {
            var words = line.dropFirst("SystemCallFilter=".count)
            let isDenied = words.hasPrefix("~")
            if isDenied { words = words.dropFirst() }
            for word in words.split(separator: " ") {
                let calls = word.hasPrefix("@") ? try Self.set(String(word), scratch) : [String(word)]
                if isDenied { allowed.subtract(calls) } else { allowed.formUnion(calls) }
            }
        }
    }

    private static func set(_ name: String, _ scratch: Scratch) throws -> Set<String> {
        let program = try ServerProgram.path("systemd-analyze")
        let ending = try ChildProcess.run(Command(program, "syscall-filter", name, "--no-pager"), in: scratch)
        var calls: Set<String> = []
        for line in ending.output.split(separator: "\n").dropFirst() {
            let word = line.trimmingCharacters(in: .whitespaces)
            if word.isEmpty || word.hasPrefix("#") { continue }
            calls.formUnion(word.hasPrefix("@") ? try set(word, scratch) : [word])
        }
        return calls
    }

    /// A command that runs another under this filter: every other call fails with EPERM, as the unit has it. What was
    /// called is written to a file, and the end of each thread.
    func command(_ command: Command, log: String) throws -> Command {
        let denied = "!" + allowed.sorted().map { "?\($0)" }.joined(separator: ",")
        var filtered = command
        filtered.arguments =
            [try ServerProgram.path("strace"), "-D", "-f", "-q", "-o", log, "-e", "inject=\(denied):error=EPERM"]
            + (ServerUser.isRoot ? ["-u", ServerUser.name] : []) + command.arguments
        return filtered
    }
}
