import Gateway
import KHOINSCallback
import Ledger

/// Moves the checkpoint when enough has been written, beside the threads that answer.
final class CheckpointThread: Sendable {
    private let due = Semaphore()

    init(path: String, recent: RecentWrites, _ log: EventLog) {
        // The thread lives as long as the process.
        Thread.start { [due] in
            let ledger = Ledger(path: path, recent: recent)
            while true {
                due.wait()
                let start = Timestamp.now
                do throws(LedgerError) {
                    try ledger.moveCheckpoint()
                    log.movedCheckpoint(since: start)
                } catch {
                    log.failed(error)
                }
            }
        }
    }

    func wake() {
        due.post()
    }
}
