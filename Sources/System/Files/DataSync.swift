import Glibc

/// A thread that syncs a file's data (fdatasync(2)) while whoever asked for that prepares what comes next.
package final class DataSync: @unchecked Sendable {
    // One sync at a time: what the threads share changes hands with the semaphores.

    private let isDue = Semaphore()
    private let isDone = Semaphore()
    /// `nil` ends the thread.
    private var descriptor: Int32?
    private var failure: Int32 = 0

    /// `nil` where no thread can be started.
    package static func started() -> DataSync? {
        let sync = DataSync()
        let start: Void? = try? Thread.start { [isDue = sync.isDue, isDone = sync.isDone, weak sync] in
            while true {
                isDue.wait()
                guard let sync, let descriptor = sync.descriptor else { return }
                sync.failure = fdatasync(descriptor) == 0 ? 0 : errno
                isDone.post()
            }
        }
        return start.map { sync }
    }

    deinit {
        isDue.post()
    }

    /// Syncs a file as `OpenFile.syncData` does; `work` runs meanwhile.
    package func sync(_ file: borrowing OpenFile, while work: () -> Void) throws(LedgerError) {
        descriptor = file.descriptor
        isDue.post()
        work()
        isDone.wait()
        descriptor = nil
        let failure = failure
        try finalSystemCall("fdatasync", file.path) {
            errno = failure
            return failure == 0 ? 0 : -1
        }
    }
}
