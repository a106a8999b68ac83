import Journal
import System

/// A data directory opened only to look at it: makes nothing, needs no right to write, takes no lock.
///
/// The one way in for all that read. A part that is not there is as if it were empty, whether nobody has made it yet, an
/// error stopped who did, or a backup left it out: so each reader says what it can see, and none fails for want of an
/// empty directory.
package struct Snapshot: ~Copyable {
    /// A directory that a callback makes where it is missing.
    package enum Part: String, CaseIterable, Sendable {
        case transactions
        case topups
        case rejected
        case journal
    }

    package let store: RecordStore
    package let journal: Journal
    /// What is not there.
    package let missing: Set<Part>
    /// Whether the data directory itself is there.
    package let isThere: Bool

    /// - Parameter path: A data directory. Throws `unusable` where none could be made.
    package init(lookingAt path: String) throws(LedgerError) {
        let store = try RecordStore(lookingAt: path)
        let journal = try Journal(in: store.directories.root)
        let hasJournal = try journal.state().isThere
        let directories = (
            store.directories.transactions.isAbsent, store.directories.topups.isAbsent,
            store.directories.rejected.isAbsent
        )
        var missing: Set<Part> = []
        if directories.0 { missing.insert(.transactions) }
        if directories.1 { missing.insert(.topups) }
        if directories.2 { missing.insert(.rejected) }
        if !hasJournal { missing.insert(.journal) }
        self.missing = missing
        isThere = !store.directories.root.isAbsent
        self.store = store
        self.journal = journal
    }

    /// The directory that a data directory is in, or would be made in.
    package static func parent(of path: String) -> String { PathNames.parent(of: path) }

    /// Whether there is nothing of a callback anywhere. Costs a look into each part.
    package func isEmpty() throws(LedgerError) -> Bool {
        if try journal.state().end != nil { return false }
        for folder in RecordName.Folder.allCases where try !store.fileNames(in: folder).isEmpty { return false }
        if try !store.rejectedNames().isEmpty { return false }
        guard let archive = try store.rootDirectory(ArchiveMonth.directoryName) else { return true }
        return try archive.archiveMonths().isEmpty
    }
}
