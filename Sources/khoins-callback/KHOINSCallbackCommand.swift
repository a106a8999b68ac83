import ArgumentParser
import Formats
import Glibc
import Operations

struct KHOINSCallbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "khoins-callback",
        abstract: "Receives KHOINS callbacks and keeps each result as a JSON file.",
        discussion: """
            A web server runs this program by CGI or FastCGI, without any argument; the commands below are for the \
            operator. Settings come from flags, then the environment, then the settings file (KHOINS_SETTINGS, or \
            khoins-callback.env beside the executable; for these commands also \
            /etc/khoins-callback/khoins-callback.env).
            """,
        version: Version.description,
        subcommands: [
            Serve.self, StatusCommand.self, List.self, Show.self, Follow.self, Expect.self, Import.self, Stats.self,
            Verify.self,
            Archive.self, Check.self,
        ] + ofThisBuild)

    #if Cluster
        private static let ofThisBuild: [any ParsableCommand.Type] = [ClusterCommand.self]
    #else
        private static let ofThisBuild: [any ParsableCommand.Type] = []
    #endif
}

extension KHOINSCallbackCommand {
    /// Runs the command that was called, or says how it is called.
    static func runOrExit(_ arguments: [String]) {
        var arguments = arguments
        // The parser answers `help` of what there is not with the help of all, as if it were well.
        if arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"), !isCommand(word) {
            arguments.removeFirst()
        }
        var called: (any ParsableCommand.Type)?
        do {
            var command = try parseAsRoot(arguments)
            called = type(of: command)
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let width = code.isSuccess ? Terminal.width : Terminal.errorWidth
            let message = message(for: error, of: called, width)
            if !message.isEmpty {
                let text = foldingUsage(in: naming(arguments.first, in: message), to: width) + "\n"
                if code.isSuccess { StandardOutput.write(Array(text.utf8)) } else { StandardError.write(text) }
            }
            Glibc.exit(code.rawValue)
        }
    }

    /// What is said of an error. What a command finds out only when it runs is said as what the parser finds out: with the
    /// usage of that command.
    private static func message(for error: any Error, of command: (any ParsableCommand.Type)?, _ width: Int?) -> String
    {
        guard let fault = error as? ValidationError, let command else { return fullMessage(for: error, columns: width) }
        return """
            Error: \(fault.message)
            Usage: \(usageString(for: command))
              See 'khoins-callback \(command._commandName) --help' for more information.
            """
    }

    private static var names: [String] { configuration.subcommands.map { $0._commandName } }

    private static func isCommand(_ word: String) -> Bool { word == "help" || names.contains(word) }

    /// Adds to a message about a command that there is not which one may be meant.
    private static func naming(_ word: String?, in message: String) -> String {
        guard let word, !word.hasPrefix("-"), !names.contains(word),
            let near = Misspelling.nearest(to: word, among: names), let end = message.firstIndex(of: "\n")
        else { return message }
        return "\(message[..<end]); is '\(near)' meant?\(message[end...])"
    }

    /// The parser folds all but the line that says what can be given.
    ///
    /// - Parameter width: As the parser takes it; 80 where there is no terminal.
    static func foldingUsage(in message: String, to width: Int?) -> String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let head = ["USAGE: ", "Usage: "].first(where: line.hasPrefix) else { return String(line) }
            // An option stays with its value.
            let words = line.dropFirst(head.count).replacing(" <", with: "\u{A0}<").replacing(" ...", with: "\u{A0}...")
            let pieces = String(words).folded(to: max(1, (width ?? 80) - head.count))
            return head
                + pieces.joined(separator: "\n" + String(repeating: " ", count: head.count))
                .replacing("\u{A0}", with: " ")
        }
        return lines.joined(separator: "\n")
    }
}
