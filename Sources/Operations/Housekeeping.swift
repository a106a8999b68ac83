import Formats
import Gateway
import Glibc
import Ledger
import System

/// What a service does beside answering, on a thread of its own: moves the checkpoint when enough has been written,
/// finishes recovery, takes away the journal's padding when it has become quiet, and commits what has to wait until its
/// damaged record is made anew.
final class Housekeeping: Sendable {
    /// Milliseconds without a commit after which it is quiet.
    private static let quietTime = 1_000
    /// Seconds of recovery after which it is looked for what else is to be done.
    private static let turn = 2

    private struct State {
        var isCheckpointDue = false
        var hasPadding = false
        var hasCommitted = false
        var hasThread = false
        var late: [CommitQueue.Late] = []
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

    /// Takes what has to wait until its record is made anew from all of the journal, which can take seconds.
    func take(_ late: [CommitQueue.Late]) {
        guard state.withLock({ $0.hasThread }) else {
            commit(late, Ledger(path: path, recent: recent))
            return
        }
        state.withLock { $0.late += late }
        isDue.post()
    }

    private func commitLate(_ ledger: Ledger) {
        let late = state.withLock { state in
            defer { state.late = [] }
            return state.late
        }
        if !late.isEmpty { commit(late, ledger) }
    }

    private func commit(_ late: [CommitQueue.Late], _ ledger: Ledger) {
        let commit = ledger.commitRemaking(late.map(\.submission))
        let batch = Array(zip(late.map(\.submission), commit.outcomes))
        log.notStored(batch)
        for (item, outcome) in zip(late, commit.outcomes) { item.completion(outcome) }
        log.stored(batch)
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
        commitLate(ledger)
        if isCheckpointDue, !moveCheckpoint(ledger) {
            // A disk that has trouble is not asked again at once.
            sleep(1)
        }
        if isQuiet { removePadding(ledger) }
    }

    /// - Returns: Whether it moved.
    @discardableResult
    private func moveCheckpoint(_ ledger: Ledger) -> Bool {
        let start = Timestamp.now
        do throws(LedgerError) {
            while try !ledger.moveCheckpoint(within: Self.turn) { commitLate(ledger) }
            log.movedCheckpoint(since: start)
            return true
        } catch {
            log.failed(error)
            return false
        }
    }

    private func removePadding(_ ledger: Ledger) {
        do throws(LedgerError) { try ledger.removePadding() } catch { log.failed(error) }
    }
}
