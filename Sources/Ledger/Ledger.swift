import Formats
import Glibc
import Journal
import System

/// The data directory of one installation, as one thread of one process uses it.
///
/// Any number of these, in any processes, may work on one directory; each change is made under the directory's lock.
/// Opens what it needs when it first needs it, and again after an error, so that a fault that has gone is forgotten, and
/// where somebody has moved it away, so that nothing is stored where nobody looks.
package final class Ledger {
    /// Bytes of a journal file behind which a checkpoint is due: one for each file, away from the change to the next. What
    /// changes often in between is written to the disk once.
    static let checkpointOffset = JournalFile.maximumLength / 2
    /// Seconds to wait for other processes before giving up.
    package static let lockTimeout = 10

    package let path: String
    private let lockTimeout: Int
    private let expectsLoad: Bool
    package let recent: RecentWrites?
    private let writeback: Writeback?
    private let dataSync: DataSync?
    private var parts: Parts?

    /// What is opened together.
    package final class Parts {
        let store: RecordStore
        let journal: Journal
        /// Nothing that a dead process left before these were opened is there any more.
        var isTidy = false
        private let path: String
        private let folders: [String: FileIdentity]

        init(path: String) throws(LedgerError) {
            store = try RecordStore(makingAt: path)
            journal = try Journal(directory: try store.journalDirectory(making: true))
            self.path = path
            folders = Self.folders.reduce(into: [:]) { $0[$1] = FileIdentity(path: "\(path)/\($1)") }
        }

        /// The directories of records.
        static let folders = Set(RecordName.Folder.allCases.map(\.rawValue) + ["rejected"])

        /// Takes the journal's lock, unless the journal or one of these directories was moved away.
        func acquireInPlace(_ names: Set<String>, within seconds: Int) throws(LedgerError) -> Journal.Condition? {
            guard let condition = try journal.acquire(within: seconds, at: "\(path)/journal") else { return nil }
            if areInPlace(names) { return condition }
            journal.release()
            return nil
        }

        /// Whether these directories of records, opened with the others, are still those that others find.
        func areInPlace(_ names: Set<String>) -> Bool {
            names.allSatisfy { FileIdentity(path: "\(path)/\($0)") == folders[$0] }
        }
    }

    /// - Parameters:
    ///   - path: The data directory; made where it is missing, if its parent exists.
    ///   - expectsLoad: Whether batches of several submissions tell of more to come. Then each makes room for the next in the
    ///     journal, which `removeRoom` takes away when it is quiet again.
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
    package func prepare() throws(LedgerError) {
        try locked(inPlace: Parts.folders) { (_) throws(LedgerError) in }
    }

    /// What a commit came to.
    package struct Commit {
        /// One for each submission, in order.
        package var outcomes: [Result<Outcome, LedgerError>]
        /// So much journal was written that `moveCheckpoint` is due, once the answers are out.
        package var isCheckpointDue = false
        /// There is room in the journal, so that `removeRoom` is due when it has become quiet.
        package var hasRoom = false
    }

    /// Commits a batch. Whatever succeeds in the answer is durable in the journal, and in its record for everybody to
    /// read. Never throws: a failure is in the answers, and leaves nothing half-written.
    package func commit(_ submissions: [Submission]) -> Commit {
        do throws(LedgerError) {
            let append = { (parts: Parts) throws(LedgerError) in try self.append(submissions, parts) }
            if let commit = try locked(inPlace: [], append) { return commit }
            parts = nil
            if let commit = try locked(append) { return commit }
            throw .unusable(path: path, errno: ESTALE)
        } catch {
            return Commit(outcomes: submissions.map { _ in .failure(error) })
        }
    }

    /// Runs `body` with the lock held and everything in order.
    ///
    /// - Parameter folders: Unless `nil`, everything is opened anew where the journal or one of these directories is not
    ///   at its path any more. Not for the second step of what took its first in the directory as it was.
    package func locked<Value>(
        inPlace folders: Set<String>? = nil, _ body: (Parts) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        let hold = JobControl.hold()
        defer { hold.release() }
        do throws(LedgerError) {
            let (parts, condition) = try acquire(inPlace: folders)
            defer { parts.journal.release() }
            try settle(condition, parts)
            return try body(parts)
        } catch {
            parts = nil
            throw error
        }
    }

    private func acquire(inPlace folders: Set<String>?) throws(LedgerError) -> (Parts, Journal.Condition) {
        if let folders, let parts {
            if let condition = try parts.acquireInPlace(folders, within: lockTimeout) { return (parts, condition) }
            self.parts = nil
        }
        let parts = try openParts()
        return (parts, try parts.journal.acquire(within: lockTimeout))
    }

    func openParts() throws(LedgerError) -> Parts {
        if let parts { return parts }
        let opened = try Parts(path: path)
        opened.journal.dataSync = dataSync
        parts = opened
        return opened
    }

    private func settle(_ condition: Journal.Condition, _ parts: Parts) throws(LedgerError) {
        if case .clean = condition, parts.isTidy { return }
        // Without a gap too: a checkpoint, a repair and a health check leave something else when they are killed.
        try parts.store.removeLeftovers()
        try parts.journal.removeLeftovers()
        parts.isTidy = true
        switch condition {
        case .clean: return
        case .gap(let gap): try materialise(try close(gap, parts), parts)
        case .unknown: try recover(parts)
        }
        try parts.journal.acknowledge()
    }

    /// - Returns: `nil`, and nothing was changed, if a directory that this would write in was moved away.
    private func append(_ submissions: [Submission], _ parts: Parts) throws(LedgerError) -> Commit? {
        let materialiser = Materialiser()
        let names = submissions.map { $0.entry.content.recordName(reading: $0.reading) }
        guard parts.areInPlace(Set(names.map { $0?.folder.rawValue ?? "rejected" })) else { return nil }
        let unreadable = try begin(Set(names.compactMap { $0 }), with: materialiser, parts)
        var bytes: [UInt8] = []
        var outcomes: [Result<Outcome, LedgerError>] = []
        let time = submissions.compactMap(\.entry.content.time).max() ?? .now
        // The update mark is the only part whose length is not known yet.
        let room = submissions.reduce(0) { $0 + $1.entry.maximumLength }
        let newest = materialiser.appliedUpTo
        let end = parts.journal.end
        let start = try parts.journal.place(for: room, at: time, after: newest)
        for (submission, name) in zip(submissions, names) {
            if let name, let failure = unreadable[name] {
                outcomes.append(.failure(failure))
                continue
            }
            let position = Position(file: start.file, offset: start.offset + bytes.count)
            bytes += submission.entry.line(updating: name.map { materialiser.hasRecord($0) } ?? false)
            outcomes.append(
                .success(materialiser.apply(submission.entry.content, reading: submission.reading, at: position)))
        }
        parts.store.keepRebuiltIndex()
        let isBatch = expectsLoad && submissions.count > 1
        try parts.journal.append(
            bytes, allocating: isBatch || expectsLoad && parts.journal.hasRoom,
            while: isBatch ? { materialiser.prepare(for: parts.store) } : nil)
        let failures = try materialiser.write(to: parts.store, isBatch ? writeback : nil)
        try parts.journal.acknowledge()
        if failures.isEmpty {
            recent?.add(materialiser.written, materialiser.rejected, from: end, to: parts.journal.end)
        } else {
            recent?.clear()
            for (index, name) in names.enumerated() {
                if let name, let failure = failures[name] { outcomes[index] = .failure(failure) }
            }
        }
        let isDue = start.offset < Self.checkpointOffset && Self.checkpointOffset <= start.offset + bytes.count
        return Commit(
            outcomes: outcomes, isCheckpointDue: isDue,
            hasRoom: parts.journal.hasRoom)
    }

    /// Takes away the room that busy times have left in the journal, so that whoever looks at it sees entries alone.
    package func removeRoom() throws(LedgerError) {
        try locked(inPlace: []) { (parts) throws(LedgerError) in try parts.journal.removeRoom() }
    }

    /// Gives the materialiser the records that new entries are about.
    ///
    /// - Returns: The records that something lies in the way of.
    private func begin(
        _ names: Set<RecordName>, with materialiser: Materialiser, _ parts: Parts
    ) throws(LedgerError) -> [RecordName: LedgerError] {
        var failures: [RecordName: LedgerError] = [:]
        try parts.store.lookingForArchiveOnce { () throws(LedgerError) in
            for name in names {
                do throws(LedgerError) {
                    materialiser.begin(name, with: try base(of: name, parts))
                } catch {
                    guard error.concernsOneRecord else { throw error }
                    failures[name] = error
                }
            }
        }
        return failures
    }

    /// The record to apply new entries to. A damaged one is rebuilt from the journal first; what cannot be rebuilt is
    /// set aside.
    private func base(of name: RecordName, _ parts: Parts) throws(LedgerError) -> Record? {
        switch try parts.store.load(name) {
        case .missing: return nil
        case .record(let record): return record
        case .damaged:
            if let rebuilt = try rebuild([name], before: parts.journal.end, parts)[name] { return rebuilt }
            try parts.store.setAside(name, at: parts.journal.end ?? Position(file: .first(at: .now), offset: 0))
            return nil
        }
    }
}
