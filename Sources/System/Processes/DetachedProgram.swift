import CLinux
import Glibc

/// A program that goes on by itself: nothing ties it to the process that started it, to that one's web server, or to a
/// terminal.
package enum DetachedProgram {
    /// Starts it in a session of its own, with no signal blocked or ignored. Its standard input, output and error are
    /// nobody's, and it gets no other descriptor: a web server waits until the last one that has its own is gone.
    ///
    /// - Parameters:
    ///   - path: The executable's file.
    ///   - arguments: Those behind its name.
    ///   - environment: `NAME=value`; nothing else is handed on.
    ///   - niceness: How far it steps back behind others (nice(2)).
    /// - Returns: Its process id. Once it has ended it waits for whoever started it, or for that one's end.
    package static func start(
        _ path: String, _ arguments: [String], environment: [String], niceness: Int32 = 0
    ) throws(LedgerError) -> pid_t {
        let nothing = try openNothing()
        defer { close(nothing) }
        var code = EINVAL
        // Where neither the kernel (close_range(2), 5.9) nor /proc helps, they are closed one by one.
        for closesEach in [false, true] {
            var pid = pid_t()
            code = start(path, [path] + arguments, environment, nothing, closesEach: closesEach, &pid)
            if code == 0 {
                if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), niceness) }
                return pid
            }
            if code == EAGAIN || code == EPERM || access(path, X_OK) != 0 { break }
        }
        throw .returned(code, by: "posix_spawn", path)
    }

    private static func start(
        _ path: String, _ arguments: [String], _ environment: [String], _ nothing: Int32, closesEach: Bool,
        _ pid: inout pid_t
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_adddup2(&actions, nothing, descriptor)
        }
        if closesEach {
            for descriptor in 3..<min(Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))), 1024) {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        } else {
            posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Int32(SPAWN_NEW_SESSION)))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        for number in [SIGKILL, SIGSTOP] { sigdelset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        return withCStrings(arguments) { arguments in
            withCStrings(environment) { posix_spawn(&pid, path, &actions, &attributes, arguments, $0) }
        }
    }

    /// A descriptor that reads as empty, and takes what nobody will read.
    private static func openNothing() throws(LedgerError) -> Int32 {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        return nothing >= 0 ? nothing : try MemoryFile.make("nothing")
    }
}
