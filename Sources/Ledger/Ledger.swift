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
    private let dataSync: DataSync?
    private var opened: OpenedDirectory?
    /// When the lock was last let go, recovery had still something to do that no answer needs: `moveCheckpoint` does it.
    package private(set) var isRecoveryDue = false
    /// Whoever expects load has done of recovery what can be done in a moment.
    private var hasHurried = false

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
        dataSync = expectsLoad ? .started() : nil
        self.expectsLoad = expectsLoad
        self.recent = recent
        self.lockTimeout = lockTimeout
    }

    /// Brings the data directory into order: makes what is missing, closes the gap that a dead process left, and does all
    /// that recovery has to do after a restart of the machine, but for the checkpoint.
    ///
    /// - Parameter seconds: Leaves the rest of recovery after about so long.
    package func prepare(within seconds: Int? = nil) throws(LedgerError) {
        let opened = try ordered()
        do throws(LedgerError) { try catchUp(opened, within: seconds) } catch {
            // A note that could not be written, as on a full disk, is replaced, and the lock's file with it. Whoever commits
            // next opens both, and recovery goes on from there.
            guard error.isMovedAway else { throw error }
        }
    }

    /// The same; what was opened for it.
    func prepared() throws(LedgerError) -> OpenedDirectory {
        let opened = try ordered()
        try catchUp(opened)
        return opened
    }

    /// Brings the data directory into the order that a commit needs; what was opened for it.
    func ordered() throws(LedgerError) -> OpenedDirectory {
        try locked { (directory) throws(LedgerError) in directory.opened }
    }

    /// Seconds of recovery before the first of many answers: mostly enough for all of it, which is cheaper than to look for
    /// the records of each batch in the journal.
    private static let hurry = 3

    /// Does what recovery has to do before the first of many answers.
    private func hurryAtFirst() throws(LedgerError) {
        if !expectsLoad || hasHurried { return }
        let opened = try ordered()
        hasHurried = true
        if isRecoveryDue { try catchUp(opened, within: Self.hurry) }
    }

    /// Finds out whether a delivery could be stored now, by doing for a moment what storing does: taking the lock,
    /// bringing the directory into order, writing and syncing a file, making one in each directory of records. Leaves
    /// nothing behind.
    ///
    /// - Returns: Why it could not; `nil` if it could.
    package func probe() -> LedgerError? {
        do throws(LedgerError) {
            try hurryAtFirst()
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
        /// So much journal was written, or so much was left of recovery, that `moveCheckpoint` is due, once the answers are
        /// out.
        package var isCheckpointDue = false
        /// It is due for what was left of recovery, and should not wait.
        package var isRecoveryDue = false
        /// There is padding in the journal, so that `removePadding` is due when it has become quiet.
        package var hasPadding = false
        /// The number behind the last entry that was appended; `nil` if none was.
        package var end: Position?

        package init(
            outcomes: [CommitResult], isHalfFilled: Bool = false, isRecoveryDue: Bool = false, hasPadding: Bool = false,
            end: Position? = nil
        ) {
            self.outcomes = outcomes
            isCheckpointDue = isHalfFilled || isRecoveryDue
            self.isRecoveryDue = isRecoveryDue
            self.hasPadding = hasPadding
            self.end = end
        }
    }

    /// Commits a batch. Whatever succeeds in the answer is durable in the journal, and in its record for everybody to
    /// read. Never throws: a failure is in the answers, and leaves nothing half-written. (I1)
    ///
    /// What goes into a record that is damaged comes after the others, when that is made anew from the journal.
    package func commit(_ submissions: [Submission]) -> Commit {
        var commit = commitAtOnce(submissions)
        let late = commit.outcomes.indices.filter { commit.outcomes[$0].isOfUnmadeRecord }
        if late.isEmpty { return commit }
        let second = commitRemaking(late.map { submissions[$0] })
        for (index, outcome) in zip(late, second.outcomes) { commit.outcomes[index] = outcome }
        commit.isCheckpointDue = commit.isCheckpointDue || second.isCheckpointDue
        commit.isRecoveryDue = commit.isRecoveryDue || second.isRecoveryDue
        commit.hasPadding = commit.hasPadding || second.hasPadding
        return commit
    }

    /// The same, but that it makes no record anew: what goes into one that must be fails with `mustBeRemade`, and is for
    /// `commitRemaking`.
    package func commitAtOnce(_ submissions: [Submission]) -> Commit { commit(submissions, with: nil) }

    /// Commits what the servers of a cluster have agreed on: all of it or nothing, whatever lies in the way of a record.
    /// That record's submission fails, and the record is made anew when the checkpoint moves.
    ///
    /// - Returns: Without an `end`, nothing was appended: it is to be tried again, or, if the journal is not where the
    ///   agreement has it (`outOfStep`), to be looked at anew.
    package func commit(_ submissions: [Submission], agreed agreement: Agreement) -> Commit {
        commit(submissions, with: nil, agreement)
    }

    private func commit(_ submissions: [Submission], with remade: Remade?, _ agreement: Agreement? = nil) -> Commit {
        let batch = Batch(submissions, agreement)
        do throws(LedgerError) {
            try hurryAtFirst()
            return try locked(batch.folders) { (directory) throws(LedgerError) in
                guard let ordered = try order(batch, remade, &directory) else {
                    return Commit(outcomes: batch.outcomes, isRecoveryDue: directory.session.isRecoveryDue)
                }
                try apply(batch, ordered, &directory)
                if agreement != nil, batch.isObstructed || batch.materialiser.rejectedFailure != nil {
                    directory.session.doubt(from: ordered.start, upTo: ordered.end)
                }
                try directory.session.acknowledge()
                note(batch, ordered)
                return Commit(
                    outcomes: batch.outcomes, isHalfFilled: ordered.isCheckpointDue,
                    isRecoveryDue: directory.session.isRecoveryDue, hasPadding: ordered.hasPadding, end: ordered.end)
            }
        } catch {
            return Commit(outcomes: submissions.map { _ in .failure(error) })
        }
    }

    /// Makes the records of a batch anew from all of the journal, which can take seconds that nobody else waits for, and
    /// commits it then.
    package func commitRemaking(_ submissions: [Submission]) -> Commit {
        let names = Batch(submissions).recordNames
        do throws(LedgerError) {
            return commit(submissions, with: try remake(names, try ordered(), for: .commit))
        } catch {
            return Commit(outcomes: submissions.map { _ in .failure(error) })
        }
    }

    /// The first step of a commit: gives the entries their numbers, durably. They are folded into records in memory
    /// while the disk is at work.
    ///
    /// - Returns: `nil` if something lies in the way of every record.
    private func order(
        _ batch: Batch, _ remade: Remade?, _ directory: inout LockedDirectory
    ) throws(LedgerError) -> JournalSession.Appended? {
        try directory.begin(batch, remade)
        let drafts = batch.makeDrafts()
        if drafts.isEmpty { return nil }
        directory.store.keepRebuiltIndex()
        let isBusy = expectsLoad && batch.count > 1
        let opened = directory.opened
        return try directory.session.append(
            drafts, after: batch.materialiser.appliedUpTo, agreed: batch.agreement?.start,
            padding: isBusy ? .some : expectsLoad ? .more : .none, besides: isBusy
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
            batch.fail(try batch.materialiser.write(to: directory.store))
            // What was agreed stays in the journal, and is filed when the checkpoint is to move past it.
            if batch.agreement == nil, let failure = batch.materialiser.rejectedFailure { throw failure }
        } catch {
            if error.isWantOfRoom { try? directory.takeBack(batch.materialiser) }
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
        _ folders: [String] = OpenedDirectory.folders, probing: Bool = false,
        _ body: (inout LockedDirectory) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let hold = JobControl.hold()
        defer { hold.release() }
        do throws(LedgerError) {
            for _ in 0..<4 {
                let opened = try open()
                if var directory = try opened.lock(folders, within: lockTimeout, probing: probing) {
                    let value = try body(&directory)
                    isRecoveryDue = directory.session.isRecoveryDue
                    return value
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

extension CommitResult {
    /// Whether a record has to be made anew first.
    package var isOfUnmadeRecord: Bool {
        if case .failure(let error) = self { error.isOfUnmadeRecord } else { false }
    }
}
