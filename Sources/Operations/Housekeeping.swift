import Formats
import Gateway
import Glibc
import Ledger
import System

/// What a service does beside answering, on a thread of its own: moves the checkpoint when enough has been written and
/// callbacks pause, finishes recovery, takes away the journal's padding and makes the index when it has become quiet, and commits what has
/// to wait until its damaged record is made anew.
final class Housekeeping: Sendable {
    /// Milliseconds without a commit after which it is quiet.
    private static let quietTime = 1_000
    /// Seconds of recovery after which it is looked for what else is to be done.
    private static let turn = 2

    /// Milliseconds without a commit after which the index is made, and entries that are worth it.
    private static let indexQuietTime = 5_000
    private static let indexedEntries = 1_200
    /// Milliseconds of work on the index after which it is looked whether it is still quiet.
    private static let indexTime = 200

    private struct State {
        var checkpoint = CheckpointSchedule()
        /// What was written since the index was looked at, or what was there at the start, is worth it.
        var isIndexDue = true
        /// Entries that came since.
        var unindexed = 0
        var hasPadding = false
        var hasCommitted = false
        var isWatching = false
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
            state.unindexed += commit.outcomes.count
            let isIndexDue = state.isIndexDue || state.unindexed >= Self.indexedEntries
            let wakes =
                commit.isCheckpointDue || commit.hasPadding && !state.hasPadding || isIndexDue && !state.isIndexDue
            state.isIndexDue = isIndexDue
            state.checkpoint.note(commit)
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
        let (hasPadding, isIndexDue, isPostponed) = state.withLock {
            ($0.hasPadding, $0.isIndexDue, $0.checkpoint.isPostponed)
        }
        if hasPadding || isIndexDue || isPostponed {
            _ = isDue.wait(milliseconds: hasPadding || isPostponed ? Self.quietTime : Self.indexQuietTime)
        } else {
            isDue.wait()
        }
        let (isCheckpointDue, isQuiet, startsWatch) = state.withLock { state in
            let isQuiet = !state.hasCommitted && !state.checkpoint.isRecoveryDue
            let startsWatch = state.hasCommitted && !state.isWatching
            if isQuiet { state.hasPadding = false }
            if startsWatch { state.isWatching = true }
            state.hasCommitted = false
            return (state.checkpoint.takeTurn(isQuiet: isQuiet), isQuiet, startsWatch)
        }
        // Where it cannot be had, a checkpoint has more to do, and says why.
        if startsWatch { try? ledger.watchWrites() }
        commitLate(ledger)
        if isCheckpointDue, !moveCheckpoint(ledger) {
            // A disk that has trouble is not asked again at once.
            sleep(1)
        }
        if isQuiet, hasPadding { removePadding(ledger) }
        if isQuiet, isIndexDue, !hasPadding { makeIndex() }
    }

    /// Makes what is missing of the index, a little at a time, as long as nobody commits.
    private func makeIndex() {
        while state.withLock({ !$0.hasCommitted && !$0.checkpoint.isRecoveryDue && $0.late.isEmpty }) {
            if RecordIndex.make(path: path, within: Self.indexTime) {
                state.withLock { state in
                    state.isIndexDue = false
                    state.unindexed = 0
                }
                return
            }
        }
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
