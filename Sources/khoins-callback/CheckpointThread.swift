import Gateway
import Glibc
import KHOINSCallback
import Ledger

/// Moves the checkpoint when enough has been written, beside the threads that answer.
final class CheckpointThread: @unchecked Sendable {
    // The semaphore is the only state, and made for being shared.
    private let due: UnsafeMutablePointer<sem_t>

    init(path: String, _ log: EventLog) {
        due = .allocate(capacity: 1)
        sem_init(due, 0, 0)
        // The thread lives as long as the process, and so does the semaphore.
        Thread.start { [self] in
            let ledger = Ledger(path: path)
            while true {
                while sem_wait(due) != 0 {}
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
        sem_post(due)
    }
}
