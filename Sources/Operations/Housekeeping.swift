import Formats
import Gateway
import Ledger
import System

/// What a service does beside answering, on a thread of its own: moves the checkpoint when enough has been written, and
/// takes away the journal's padding when it has become quiet.
final class Housekeeping: Sendable {
    /// Milliseconds without a commit after which it is quiet.
    private static let quietTime = 1_000

    private struct State {
        var isCheckpointDue = false
        var hasPadding = false
        var hasCommitted = false
        var hasThread = false
    }

    private let state = Locked(State())
    private let isDue = Semaphore()
    private let path: String
    private let recent: RecentWrites
    private let log: EventLog

    init(path: String, recent: RecentWrites, _ log: EventLog) {
        self.path = path
        self.recent = recent
        self.log = log
    }

    /// Starts the thread, which lives as long as the process. Without it, `take` does its work.
    func startThread() throws(Thread.Failure) {
        try Thread.start { [self] in
            let ledger = Ledger(path: path, recent: recent)
            while true { work(ledger) }
        }
        state.withLock { $0.hasThread = true }
    }

    /// Takes note of a batch. Waits only where no thread can be had: without a checkpoint, recovery would take longer and
    /// longer.
    func take(_ commit: Ledger.Commit) {
        if commit.isCheckpointDue, !state.withLock({ $0.hasThread }) {
            do throws(Thread.Failure) { try startThread() } catch {
                moveCheckpoint(Ledger(path: path, recent: recent))
                return
            }
        }
        let wakes = state.withLock { state in
            let wakes = commit.isCheckpointDue || commit.hasPadding && !state.hasPadding
            state.isCheckpointDue = state.isCheckpointDue || commit.isCheckpointDue
            state.hasPadding = state.hasPadding || commit.hasPadding
            state.hasCommitted = true
            return wakes
        }
        if wakes { isDue.post() }
    }

    /// Takes away the padding at once, when nobody commits any more.
    func finish() {
        if state.withLock({ $0.hasPadding }) { removePadding(Ledger(path: path)) }
    }

    private func work(_ ledger: Ledger) {
        let hasPadding = state.withLock { $0.hasPadding }
        if !hasPadding { isDue.wait() } else { _ = isDue.wait(milliseconds: Self.quietTime) }
        let (isCheckpointDue, isQuiet) = state.withLock { state in
            let isQuiet = hasPadding && !state.hasCommitted && !state.isCheckpointDue
            if isQuiet { state.hasPadding = false }
            defer {
                state.isCheckpointDue = false
                state.hasCommitted = false
            }
            return (state.isCheckpointDue, isQuiet)
        }
        if isCheckpointDue { moveCheckpoint(ledger) }
        if isQuiet { removePadding(ledger) }
    }

    private func moveCheckpoint(_ ledger: Ledger) {
        let start = Timestamp.now
        do throws(LedgerError) {
            try ledger.moveCheckpoint()
            log.movedCheckpoint(since: start)
        } catch {
            log.failed(error)
        }
    }

    private func removePadding(_ ledger: Ledger) {
        do throws(LedgerError) { try ledger.removePadding() } catch { log.failed(error) }
    }
}
