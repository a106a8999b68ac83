import TestSupport

/// System calls that fail, as strace(1) has it: `memfd_create:error=ENOSYS`.
struct Injection {
    private let program: String
    private let what: String

    /// - Throws: There is no strace; the test needs to say so.
    init(_ what: String) throws {
        program = try ServerProgram.path("strace")
        self.what = what
    }

    /// A command that runs another, as the servers' user, with these failures.
    func command(_ command: Command) -> Command {
        var injected = command
        let own =
            command.arguments.starts(with: ServerUser.prefix)
            ? Array(command.arguments.dropFirst(ServerUser.prefix.count)) : command.arguments
        // With -D the process that is started is the one that is traced, so that signals reach it.
        injected.arguments =
            [program, "-D", "-f", "-q", "-o", "/dev/null", "-e", "inject=\(what)"]
            + (ServerUser.isRoot ? ["-u", ServerUser.name] : []) + own
        return injected
    }
}
