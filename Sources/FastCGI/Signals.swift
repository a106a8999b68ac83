import Glibc

/// The process's signals, dealt with in one place.
package enum Signals {
    /// A peer that is gone, and a file over the limit, are errors of a call, not the end of the program.
    package static func ignoreWriteSignals() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Blocks the signals that mean “stop” in this thread and in those it will start, so that no call of theirs is
    /// interrupted.
    package static func blockStopSignals() {
        var set = stopSignals
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits until the process is told to stop. The signals must be blocked.
    package static func waitForStop() {
        var set = stopSignals
        while sigwaitinfo(&set, nil) < 0 {}
    }

    private static var stopSignals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT] { sigaddset(&set, number) }
        return set
    }
}
