import CLinux
import Glibc
import Synchronization

/// Keeps a terminal (Ctrl-Z, and what it does to background jobs) from stopping this process at a moment at which others
/// would wait for it. SIGSTOP cannot be kept off.
///
/// The kernel hands such a signal to any thread that does not block it, and then stops all. `Thread` starts threads that
/// block them always, so that the one that a command began with decides for all.
package enum JobControl {
    private static let isRefused = Atomic(false)

    /// Blocks these signals for good: for a service, whose every thread may hold what others wait for. Call it before
    /// the first thread is started.
    package static func refuse() {
        var signals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        isRefused.store(true, ordering: .relaxed)
    }

    /// Blocks these signals in the calling thread until the result is told to `release`; what came meanwhile stops the
    /// process then. Costs nothing where they are refused for good.
    package static func hold() -> Hold {
        if isRefused.load(ordering: .relaxed) { return Hold(before: nil) }
        var signals = signals
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        return Hold(before: before)
    }

    /// Runs what starts threads that must never get a signal: one that means “stop” would end the process there.
    package static func startingDeaf<Value>(_ body: () throws -> Value) rethrows -> Value {
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    /// What was blocked before.
    package struct Hold {
        fileprivate let before: sigset_t?

        package func release() {
            guard var before else { return }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTSTP, SIGTTIN, SIGTTOU] { sigaddset(&set, number) }
        return set
    }
}
