import Journal
import System

/// A data directory that was opened to be written to.
final class OpenedDirectory: JournalSurroundings {
    let store: RecordStore
    let journal: Journal
    private let path: String
    /// The directories of records, in the order of `folders`.
    private let identities: [(path: String, identity: FileIdentity?)]
    /// Nothing that a dead process left before this was opened is there any more.
    private var isTidy = false

    /// The directories of records.
    static let folders = RecordName.Folder.allCases.map(\.rawValue) + [DataDirectory.rejectedName]

    init(path: String) throws(LedgerError) {
        store = try RecordStore(makingAt: path)
        journal = try Journal(in: store.directories.root, making: true)
        self.path = path
        var identities: [(path: String, identity: FileIdentity?)] = []
        for name in Self.folders {
            identities.append(("\(path)/\(name)", try FileIdentity.find("\(path)/\(name)", name)))
        }
        self.identities = identities
    }

    /// Takes the lock, and brings the directory into order: nothing is in it on return that a dead process left undone, but
    /// that after a restart of the machine the records of unproven entries are still to be compared.
    ///
    /// - Returns: `nil` if the journal, or one of these directories of records, is not the one any more that others find.
    func lock(
        _ names: [String], within seconds: Int, probing: Bool = false
    ) throws(LedgerError) -> LockedDirectory? {
        let session = try journal.begin(within: seconds, probing: probing, in: self)
        guard let session else { return nil }
        for (name, known) in zip(Self.folders, identities) where names.contains(name) {
            guard try FileIdentity.find(known.path, name) == known.identity else { return nil }
        }
        var locked = LockedDirectory(self, session)
        // Without a gap too: a checkpoint, a repair and a health check leave something else when they are killed.
        if !locked.isSettled || !isTidy { try store.removeLeftovers() }
        isTidy = true
        try locked.settle()
        return locked
    }

    /// The end of all numbers that records, rejected deliveries and cursors know of. Linear in them.
    func usedNumbers() throws(LedgerError) -> Position? {
        var newest: Position?
        func add(_ position: Position?) { if let position { newest = max(newest ?? position, position) } }
        for folder in RecordName.Folder.allCases {
            for file in try store.fileNames(in: folder) {
                let name = RecordName(folder: folder, file: file)
                if case .record(let record) = try store.remains(of: name, inArchiveToo: false) {
                    add(record.appliedUpTo?.next)
                } else if try store.isOfOldForm(name) {
                    throw .oldForm(path: path)
                }
            }
        }
        if let archive = try store.rootDirectory(ArchiveMonth.directoryName) {
            for month in try archive.archiveMonths() {
                try ArchiveFile(month, in: archive)?.read { (piece) in
                    if case .line(let line, _, _) = piece { add(ArchiveLine(line)?.record.appliedUpTo?.next) }
                    return true
                }
            }
        }
        for name in try store.rejectedNames() { add(RejectedDelivery.position(inFileName: name)?.next) }
        for cursor in try store.cursorDirectory()?.cursors().values.compactMap({ $0 }) ?? [] { add(cursor.readUpTo) }
        return newest
    }
}

extension OpenedDirectory {
    func keepTorn(_ bytes: [UInt8], at position: Position) throws(LedgerError) {
        try store.keep(bytes, as: "\(position)-journal-torn")
    }
}

/// A data directory whose lock this process holds, for as long as this lives, and in which everything is in order, but for
/// records of entries that the session calls unproven.
struct LockedDirectory: ~Copyable {
    let opened: OpenedDirectory
    var session: JournalSession

    fileprivate init(_ opened: OpenedDirectory, _ session: consuming JournalSession) {
        self.opened = opened
        self.session = session
    }

    var store: RecordStore { _read { yield opened.store } }

    fileprivate var isSettled: Bool { if case .nothing = session.unsettled { true } else { false } }

    fileprivate mutating func settle() throws(LedgerError) {
        switch session.unsettled {
        case .nothing: return
        case .tail(let entries): try materialise(entries)
        case .all: break
        case .doubtful(let entries, let error):
            try takeBack(entries)
            throw error
        }
        try session.acknowledge()
    }
}
