import CLinux
import Glibc

/// The process's signals, dealt with in one place.
package enum Signals {
    /// A peer that is gone, and a file over the limit, are errors of a call, not the end of the program. (I10)
    package static func ignoreWriteSignals() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Lets the signals that mean “stop” end the process at once, until they are blocked. Only the first process of a
    /// container needs to be told so: the kernel keeps from it what it does not ask for (kill(2)).
    package static func endAtOnce() {
        guard getpid() == 1 else { return }
        for number in stopNumbers { signal(number) { _exit(128 + $0) } }
    }

    /// Blocks the signals that mean “stop” in this thread and in those it will start, so that no call of theirs is
    /// interrupted; and those by which a terminal would stop the service for a while.
    package static func blockStopSignals() {
        var set = stopSignals
        pthread_sigmask(SIG_BLOCK, &set, nil)
        JobControl.refuse()
    }

    /// Puts off what means “stop” until `endHold`. A CGI process that has more to do than answer is told so by some web
    /// servers, Apache's mod_cgid for one, as soon as they have all of the answer.
    package static func holdStop() {
        var set = signalSet(everyStopNumber)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    package static func endHold() {
        var set = signalSet(everyStopNumber)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits until the process is told to stop. The signals must be blocked.
    package static func waitForStop() {
        var set = stopSignals
        while sigwaitinfo(&set, nil) < 0 {}
    }

    /// A descriptor that becomes readable when the process is told to stop, for a thread that does something else until
    /// then; -1 if there is none. The signals must be blocked.
    package static func stopDescriptor() -> Int32 {
        var set = stopSignals
        return signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }

    private static var stopSignals: sigset_t { signalSet(stopNumbers) }

    private static func signalSet(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    /// What means “stop”. A terminal that goes away means it too, but not where nohup(1) was told to keep that away: the
    /// kernel would hand over a signal that is ignored, once it is blocked.
    package static var stopNumbers: [Int32] { isHangupIgnored ? [SIGTERM, SIGINT] : everyStopNumber }
    private static let everyStopNumber = [SIGTERM, SIGINT, SIGHUP]

    private static let isHangupIgnored: Bool = {
        var action = sigaction()
        guard sigaction(SIGHUP, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }()
}
