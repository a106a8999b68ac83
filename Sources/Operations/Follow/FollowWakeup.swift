import CLinux
import Glibc
import Journal
import System

/// What a follower waits for: the journal, a child's end, a signal to stop, a reader that goes away.
package final class FollowWakeup {
    /// Looks at the journal this often even if nobody says that it has changed, in milliseconds. So it is noticed too
    /// that the directory was moved away: nothing tells of that.
    private static let longestWait: Int64 = 1_000

    /// Looks this often for a journal that nobody has made yet, or that nobody watches.
    private static let absentWait: Int64 = 200

    private let path: String
    private var watch: JournalWatch
    private let signals: Int32
    /// How often it was told to stop.
    private(set) var stops = 0

    package init(path: String) throws(LedgerError) {
        self.path = path
        watch = JournalWatch(path: path)
        _ = watch.begin()
        var set = sigset_t()
        sigemptyset(&set)
        for number in Signals.stopNumbers + [SIGCHLD] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signals = try systemCall("signalfd", path) { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) }
    }

    deinit { close(signals) }

    /// Milliseconds on the clock that nobody can set.
    package static var now: Int64 { Clock.nanoseconds / 1_000_000 }

    /// Watches what lies under the path now.
    func watchAgain() {
        watch = JournalWatch(path: path)
        _ = watch.begin()
    }

    /// Waits until something has happened, or `moment` has come.
    ///
    /// - Parameters:
    ///   - descriptors: Ends when one of these can be read, too.
    ///   - watchesOutput: Ends the program when nobody reads its output any more.
    package func wait(until moment: Int64? = nil, or descriptors: [Int32] = [], watchesOutput: Bool = false) {
        let deadline = min(moment ?? .max, Self.now + (watch.isWatching ? Self.longestWait : Self.absentWait))
        while true {
            if watch.begin() { return }
            var polls = [
                pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: watchesOutput ? STDOUT_FILENO : -1, events: 0, revents: 0),
            ]
            polls += descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let count = poll(&polls, nfds_t(polls.count), Int32(clamping: max(0, deadline - Self.now)))
            if polls[2].revents & Int16(POLLERR | POLLHUP) != 0 { exit(0) }
            let isSignalled = takeSignals()
            if polls.dropFirst(3).contains(where: { $0.revents != 0 }) { return }
            if count <= 0 || isSignalled || watch.drain() { return }
        }
    }

    /// Waits until standard output takes a piece (see `LineWriter.longestPiece`), or nobody reads it any more.
    ///
    /// - Returns: Whether it does; if not, this was told to stop.
    func waitForReader() -> Bool {
        while stops == 0 {
            var polls = [
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0),
            ]
            do throws(LedgerError) { try systemCall("poll", "signals") { poll(&polls, nfds_t(polls.count), -1) } } catch
            {
                return true
            }
            if polls[1].revents != 0 { return true }
            _ = takeSignals()
        }
        return false
    }

    private func takeSignals() -> Bool {
        var isSignalled = false
        var info = signalfd_siginfo()
        while read(signals, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            isSignalled = true
            if info.ssi_signo != UInt32(SIGCHLD) { stops += 1 }
        }
        return isSignalled
    }
}
