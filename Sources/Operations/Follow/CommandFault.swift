import Glibc
import System

/// Why a command line can only fail, as far as that can be told without running it: the file that its first word names is
/// not there, or nobody may run it.
///
/// Only a word that is a path and that the shell takes as it is says enough; a name is looked for by the shell in its own
/// way, and everything else is the shell's affair.
package enum CommandFault: Equatable, Sendable {
    case missing(String)
    case noFile(String)
    case notExecutable(String)

    package init?(_ command: String) {
        guard let program = Self.program(of: command) else { return nil }
        var status = stat()
        if stat(program, &status) != 0 {
            // What may not be looked at may be run all the same, as in a directory that nobody may list.
            guard errno == ENOENT || errno == ENOTDIR else { return nil }
            self = .missing(program)
        } else if status.st_mode & S_IFMT != S_IFREG {
            self = .noFile(program)
        } else if access(program, X_OK) != 0 {
            self = .notExecutable(program)
        } else {
            return nil
        }
    }

    /// - Parameter name: What the command line is called.
    package func sentence(_ name: String) -> String {
        switch self {
        case .missing(let program): "\(name) names \(program.printable), which is not there"
        case .noFile(let program): "\(name) names \(program.printable), which is no file that can be run"
        case .notExecutable(let program):
            "\(name) names \(program.printable), which this user may not run: chmod +x it, or put the program that reads it before it, such as php"
        }
    }

    /// The path that a command line begins with; `nil` where it begins otherwise.
    static func program(of command: String) -> String? {
        var rest = command.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = rest.first else { return nil }
        let word: Substring.UTF8View
        if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: first) else { return nil }
            word = rest[..<end]
            // Behind the quote the word may go on.
            if let next = rest[end...].dropFirst().first, !endsWord(next) { return nil }
            if first == UInt8(ascii: "\""), word.contains(where: { "$`\\".utf8.contains($0) }) { return nil }
        } else {
            word = rest.prefix { !endsWord($0) }
            if word.contains(where: { "$`\\\"'*?[]{}~=!#()<>".utf8.contains($0) }) { return nil }
        }
        return word.contains(UInt8(ascii: "/")) ? String(Substring(word)) : nil
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || ";&|<>()".utf8.contains(byte)
    }
}
