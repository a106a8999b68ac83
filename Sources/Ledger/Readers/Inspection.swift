import Formats
import Journal
import System

/// What can be seen of a data directory from outside, for saying whether it works: changes nothing, takes no lock.
package struct Inspection: Sendable {
    /// Room on the file system, for those who are not root.
    package struct Room: Equatable, Sendable {
        package var free: Int
        package var all: Int
    }

    package struct Item: Equatable, Sendable {
        /// Below the data directory; empty for itself.
        package var path: String
        package var owner: UInt32
        package var mode: UInt32
        /// Whether this process may write to it.
        package var isWritable: Bool
    }

    /// The data directory itself.
    package let directory: Item
    /// What is in it and has to be written to.
    package private(set) var items: [Item] = []
    package let bytes: Room
    /// Inodes; `nil` on a file system that does not count them.
    package let files: Room?
    /// Whether anything was ever kept.
    package private(set) var isUsed = false
    /// When the newest entry of the journal was received.
    package private(set) var newestEntry: Timestamp?
    /// When the newest callback came. An import is none that came: what it takes in counts by its own time, where nothing
    /// has come since.
    package private(set) var newestCallback: Timestamp?
    /// Entries that are looked at to find one that came and was not taken in later, at most.
    private static let maximumImported = 4_000
    /// Bytes behind what is acknowledged; `nil` where nobody vouches for the journal, as after a restart.
    package private(set) var unacknowledgedBytes: Int?

    /// - Parameter path: A data directory that is there.
    package init(path: String) throws(LedgerError) {
        let root = try Self.open(path)
        guard let own = try root.rights(of: ".") else { throw .movedAway(path: path) }
        directory = Item(path: "", own)
        let space = try root.space()
        bytes = Room(free: space.freeBytes, all: space.bytes)
        files = space.files == 0 ? nil : Room(free: space.freeFiles, all: space.files)
        let journal = try Journal(in: root)
        let state = try journal.state()
        let folders = RecordName.Folder.allCases.map(\.rawValue) + [DataDirectory.rejectedName]
        for path in folders + state.written {
            if let rights = try root.rights(of: path) { items.append(Item(path: path, rights)) }
        }
        isUsed = state.isThere
        unacknowledgedBytes = state.unacknowledgedBytes
        guard let end = state.end else { return }
        var left = Self.maximumImported
        try journal.readBackwards(from: end) { (chunk) in
            for placed in chunk.entries.reversed() {
                let entry = placed.entry
                newestEntry = newestEntry ?? entry.content.time
                left -= 1
                guard case .delivery(let delivery) = entry.content else { continue }
                // To read what it says costs more than all the rest.
                if delivery.imported, let newestCallback, delivery.receivedAt <= newestCallback { continue }
                guard case .callback = entry.interpretation else { continue }
                newestCallback = max(newestCallback ?? delivery.receivedAt, delivery.receivedAt)
                if !delivery.imported { left = 0 }
                if left <= 0 { return false }
            }
            return left > 0
        }
    }

    private static func open(_ path: String) throws(LedgerError) -> Directory {
        do throws(LedgerError) {
            return try Directory(openingPath: path)
        } catch {
            throw error.making(unusable: path)
        }
    }

    /// How many files there are, which is what hosts count that limit them. Linear in that number.
    package static func fileCount(path: String) throws(LedgerError) -> Int {
        let root = try open(path)
        let folders =
            RecordName.Folder.allCases.map(\.rawValue) + [
                DataDirectory.rejectedName, ArchiveMonth.directoryName, IndexDirectory.name,
            ]
        var count = 0
        for name in folders + [Journal.directoryName] {
            if let directory = try root.directoryIfPresent(name) { count += try directory.names().count + 1 }
        }
        return count
    }
}

extension Inspection.Item {
    fileprivate init(path: String, _ rights: FileRights) {
        self.init(path: path, owner: rights.owner, mode: rights.mode, isWritable: rights.isWritable)
    }
}
