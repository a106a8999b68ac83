import Gateway
import Glibc
import Journal
import Ledger
import System

/// Sees to it that somebody tells the shop, where no service and no cron does: after an answer it starts `follow --tell`,
/// unless that is at work already. That one ends by itself when there has been nothing to tell for a while.
///
/// No entry is left untold because one follower was ending while another was not started for it:
///
///     handler     commits 7    answers    tries the cursor's lock
///     follower       looks at the journal's end   lets the lock go   looks at the journal's end once more   ends
///
/// If the handler finds the lock held, then that was before the follower let it go, and so before its last look, which
/// sees 7: it takes the lock again, or finds that somebody else has it by now. If the handler finds the lock free, it
/// starts another, for the moment in which it tries the lock too: a follower that cannot take its lock back in that moment
/// may end.
package final class FollowerStarter: Sendable {
    /// The cursor of `follow --tell`.
    package static let cursorName = "shop"
    /// Callbacks come before telling of them.
    private static let niceness: Int32 = 10
    /// Milliseconds between two looks at the lock while callbacks come one after another.
    private static let pause: Int64 = 100
    /// Milliseconds until another is started where one could not do its work.
    private static let longPause: UInt32 = 5_000
    /// Seconds in which nothing more is said about what goes wrong again and again.
    private static let silence: Int64 = 60

    private struct State {
        /// Something was committed since the last look.
        var isDue = false
        var hasThread = false
        /// The thread was woken, and has not looked yet.
        var isWoken = false
        /// When something was said last, in nanoseconds.
        var said: Int64?
    }

    private let program: String
    private let arguments: [String]
    private let environment: [String]
    private let begin: CursorStart
    private let command: String?
    private let path: String
    private let log: EventLog
    private let state = Locked(State())
    /// Held while somebody looks at the lock and starts a follower.
    private let turn = Locked(())
    private let wakeup = Semaphore()

    /// - Parameters:
    ///   - program: The executable's file.
    ///   - environment: This process's variables; a follower gets those that it may need.
    ///   - idle: After how long without anything to tell a follower ends.
    /// - Returns: `nil` where the settings leave this to others, or name nobody to be told.
    package init?(
        _ settings: Settings, program: String = OwnExecutable.path, environment: Variables, _ log: EventLog,
        idle: String = "10s"
    ) {
        guard let tell = settings.tell, tell.isAutomatic,
            let begin = CursorStart(path: settings.dataDirectory, cursor: Self.cursorName)
        else { return nil }
        self.program = program
        self.begin = begin
        self.log = log
        path = settings.dataDirectory
        command = if case .exec(let command) = tell.way { command } else { nil }
        arguments = ["follow", "--tell", "--until-idle", idle]
        self.environment = environment.all.filter { Self.isHandedOn($0.name) }.map { "\($0)=\($1)" }
    }

    /// Whether a follower gets a variable of its web server's. It needs the settings, and what lets it and the shop's
    /// command find their programs; what a stranger's request has put there is kept from it, and the secrets that let a
    /// callback in.
    static func isHandedOn(_ name: String) -> Bool {
        if name.hasPrefix("KHOINS_") {
            return ![
                "KHOINS_TOKEN", "KHOINS_URL", "KHOINS_ALLOW", "KHOINS_ACCESS", "KHOINS_PAGE_KEY",
                "KHOINS_MONITOR_TOKEN",
            ].contains(name)
        }
        return name.hasPrefix("LC_") || name.hasPrefix("SSL_CERT_")
            || [
                "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
                "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
            ].contains(name)
    }

    /// Must be called before each commit, so that no follower begins behind its entry. One system call, once there is a
    /// cursor.
    package func willCommit() {
        if begin.hasCursor { return }
        do throws(LedgerError) {
            try begin.note(with: Ledger(path: path))
        } catch {
            // The commit fails for the same reason, and says so.
        }
    }

    /// Starts a follower unless there is one: for a process that answers once.
    package func start() { _ = attempt() }

    /// Starts the thread that looks after callbacks that come one after another. Without it, `wake` does it itself.
    package func startThread() throws(Thread.Failure) {
        try Thread.start { [self] in
            while true {
                wakeup.wait()
                state.withLock { $0.isWoken = false }
                while takeDue() {
                    let begin = Clock.nanoseconds
                    settle(attempt())
                    let rest = Self.pause - (Clock.nanoseconds - begin) / 1_000_000
                    if rest > 0 { usleep(UInt32(rest) * 1_000) }
                }
            }
        }
        state.withLock { $0.hasThread = true }
    }

    /// Notes that something was committed. Waits for nothing.
    package func didCommit() { state.withLock { $0.isDue = true } }

    /// Lets somebody look, once the answers are out.
    package func wake() {
        let (isToBeWoken, hasThread) = state.withLock { state in
            if !state.isDue || state.isWoken { return (false, true) }
            state.isWoken = state.hasThread
            return (state.hasThread, state.hasThread)
        }
        if isToBeWoken { wakeup.post() }
        if !hasThread {
            finish()
            // Nobody waits for those that were started before.
            while waitpid(-1, nil, WNOHANG) > 0 {}
        }
    }

    /// Looks a last time, for what was committed since the last look; for when the process ends.
    package func finish() { if takeDue() { _ = attempt() } }

    /// Whether something was committed that nobody has looked for.
    var isDue: Bool { state.withLock { $0.isDue } }

    private func takeDue() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            return state.isDue
        }
    }

    private enum Attempt {
        /// Somebody is at work.
        case found
        case started(pid_t)
        case failed
    }

    private func attempt() -> Attempt {
        turn.withLock { _ in
            do throws(LedgerError) {
                if try begin.isFollowed() { return .found }
                if let command, let fault = ExecCommand.fault(in: command) {
                    say("KHOINS_EXEC: \(fault)")
                    return .failed
                }
                var arguments = arguments
                if begin.hasCursor {
                    try begin.forget()
                } else if let position = try begin.position() {
                    arguments += ["--from-entry", position.description]
                }
                return started(arguments)
            } catch {
                say(error.explanation)
                return .failed
            }
        }
    }

    private func started(_ arguments: [String]) -> Attempt {
        do throws(LedgerError) {
            return .started(
                try DetachedProgram.start(program, arguments, environment: environment, niceness: Self.niceness))
        } catch {
            say("\(program) cannot be started: \(error.reason); the next callback tries again")
            return .failed
        }
    }

    /// Waits for the end of one that was started.
    private func settle(_ attempt: Attempt) {
        guard case .started(let child) = attempt else { return }
        // Its end is seen here at once, and what came meanwhile is due: no look is needed while it is at work.
        var status: Int32 = 0
        _ = try? systemCall("waitpid", program) { waitpid(child, &status, 0) }
        if status == 0 { return }
        let signal = status & 0x7F
        say(signal == 0 ? "it ended with status \(status >> 8 & 0xFF)" : "signal \(signal) ended it")
        // It was in the middle of its work.
        if signal != 0 { didCommit() }
        usleep(Self.longPause * 1_000)
    }

    private func say(_ reason: String) {
        let now = Clock.nanoseconds
        let isDue = state.withLock { state in
            if let said = state.said, now - said < Self.silence * 1_000_000_000 { return false }
            state.said = now
            return true
        }
        if isDue { log.notTold(reason) }
    }
}
