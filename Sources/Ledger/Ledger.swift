import Journal
import System

/// The data directory of one installation, as one thread of one process uses it.
///
/// Any number of these, in any processes, may work on one directory; each change is made under the directory's lock.
/// Opens what it needs when it first needs it, and again after an error, so that a fault that has gone is forgotten, and
/// where somebody has moved it away, so that nothing is stored where nobody looks.
package final class Ledger {
    /// Seconds to wait for other processes before giving up.
    package static let lockTimeout = 10

    let path: String
    private let lockTimeout: Int
    private let expectsLoad: Bool
    let recent: RecentWrites?
    private let writeback: Writeback?
    private let dataSync: DataSync?
    private var opened: OpenedDirectory?

    /// - Parameters:
    ///   - path: The data directory; made where it is missing, if its parent exists.
    ///   - expectsLoad: Whether batches of several submissions tell of more to come. Then each writes padding for the next
    ///     into the journal, which `removePadding` takes away when it is quiet again.
    ///   - recent: Lets the ledgers of one process that commit and that move the checkpoint know of each other.
    package init(
        path: String, lockTimeout: Int = Ledger.lockTimeout, expectsLoad: Bool = false, recent: RecentWrites? = nil
    ) {
        self.path = path
        // Before anybody is served: later there may be no room for a thread.
        writeback = expectsLoad ? .started() : nil
        dataSync = expectsLoad ? .started() : nil
        self.expectsLoad = expectsLoad
        self.recent = recent
        self.lockTimeout = lockTimeout
    }

    /// Brings the data directory into order, as every commit does first: makes what is missing, recovers after a
    /// restart of the machine, closes the gap that a dead process left.
    package func prepare() throws(LedgerError) { _ = try prepared() }

    /// The same; what was opened for it.
    func prepared() throws(LedgerError) -> OpenedDirectory {
        try locked { (directory) throws(LedgerError) in directory.opened }
    }

    /// Finds out whether a delivery could be stored now, by doing for a moment what storing does: taking the lock,
    /// bringing the directory into order, writing and syncing a file, making one in each directory of records. Leaves
    /// nothing behind.
    ///
    /// - Returns: Why it could not; `nil` if it could.
    package func probe() -> LedgerError? {
        do throws(LedgerError) {
            try locked(probing: true) { (directory) throws(LedgerError) in try directory.store.probe() }
            return nil
        } catch {
            return error
        }
    }

    /// Takes away the padding that busy times have left in the journal, so that whoever looks at it sees entries alone.
    package func removePadding() throws(LedgerError) {
        try locked([]) { (directory) throws(LedgerError) in try directory.session.acknowledge(keepsPadding: false) }
    }

    /// What a commit came to.
    package struct Commit {
        /// One for each submission, in order.
        package var outcomes: [CommitResult]
        /// So much journal was written that `moveCheckpoint` is due, once the answers are out.
        package var isCheckpointDue = false
        /// There is padding in the journal, so that `removePadding` is due when it has become quiet.
        package var hasPadding = false

        package init(outcomes: [CommitResult], isCheckpointDue: Bool = false, hasPadding: Bool = false) {
            self.outcomes = outcomes
            self.isCheckpointDue = isCheckpointDue
            self.hasPadding = hasPadding
        }
    }

    /// Commits a batch. Whatever succeeds in the answer is durable in the journal, and in its record for everybody to
    /// read. Never throws: a failure is in the answers, and leaves nothing half-written. (I1)
    package func commit(_ submissions: [Submission]) -> Commit {
        let batch = Batch(submissions)
        do throws(LedgerError) {
            return try locked(batch.folders) { (directory) throws(LedgerError) in
                guard let ordered = try order(batch, &directory) else { return Commit(outcomes: batch.outcomes) }
                try apply(batch, ordered, &directory)
                try directory.session.acknowledge()
                note(batch, ordered)
                return Commit(
                    outcomes: batch.outcomes, isCheckpointDue: ordered.isCheckpointDue, hasPadding: ordered.hasPadding)
            }
        } catch {
            return Commit(outcomes: submissions.map { _ in .failure(error) })
        }
    }

    /// The first step of a commit: gives the entries their numbers, durably. They are folded into records in memory
    /// while the disk is at work.
    ///
    /// - Returns: `nil` if something lies in the way of every record.
    private func order(
        _ batch: Batch, _ directory: inout LockedDirectory
    ) throws(LedgerError) -> JournalSession.Appended? {
        try directory.begin(batch)
        let drafts = batch.makeDrafts()
        if drafts.isEmpty { return nil }
        directory.store.keepRebuiltIndex()
        let isBusy = expectsLoad && batch.count > 1
        let opened = directory.opened
        return try directory.session.append(
            drafts, after: batch.materialiser.appliedUpTo, padding: isBusy ? .some : expectsLoad ? .more : .none,
            besides: isBusy
        ) { start in
            batch.fold(from: start)
            if isBusy { batch.materialiser.prepare(for: opened.store) }
        }
    }

    /// The second step: puts the records in their places. Done again, it changes nothing.
    private func apply(
        _ batch: Batch, _ ordered: JournalSession.Appended, _ directory: inout LockedDirectory
    ) throws(LedgerError) {
        do throws(LedgerError) {
            batch.fail(try batch.materialiser.write(to: directory.store, batch.count > 1 ? writeback : nil))
        } catch {
            if error.isWantOfRoom { try? directory.takeBack(batch.materialiser, from: ordered.start) }
            throw error
        }
    }

    /// Remembers what the checkpoint will ask for.
    private func note(_ batch: Batch, _ ordered: JournalSession.Appended) {
        if batch.isObstructed {
            recent?.clear()
        } else {
            recent?.add(batch.materialiser.written, batch.materialiser.rejected, from: ordered.start, to: ordered.end)
        }
    }

    /// Runs `body` with the lock held and everything in order. Everything is opened anew where the journal or one of these
    /// directories of records is not at its path any more.
    func locked<Value>(
        _ folders: Set<String> = OpenedDirectory.folders, probing: Bool = false,
        _ body: (inout LockedDirectory) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let hold = JobControl.hold()
        defer { hold.release() }
        do throws(LedgerError) {
            for _ in 0..<4 {
                let opened = try open()
                if var directory = try opened.lock(folders, within: lockTimeout, probing: probing) {
                    return try body(&directory)
                }
                self.opened = nil
            }
            throw .movedAway(path: path)
        } catch {
            opened = nil
            throw error
        }
    }

    /// The same for the second step of what took its first in a directory: in that very one, wherever it is now.
    func locked<Value>(
        again opened: OpenedDirectory, _ body: (inout LockedDirectory) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let hold = JobControl.hold()
        defer { hold.release() }
        guard var directory = try opened.lock([], within: lockTimeout) else { throw .movedAway(path: path) }
        return try body(&directory)
    }

    private func open() throws(LedgerError) -> OpenedDirectory {
        if let opened { return opened }
        let opened = try OpenedDirectory(path: path)
        opened.journal.dataSync = dataSync
        self.opened = opened
        return opened
    }
}
