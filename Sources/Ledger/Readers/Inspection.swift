import Formats
import Glibc
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
    package var isUsed: Bool { items.contains { $0.path == "journal" } }
    /// When the newest entry of the journal was received.
    package private(set) var newestEntry: Timestamp?
    /// Bytes behind what is acknowledged; `nil` where nobody vouches for the journal, as after a restart.
    package private(set) var unacknowledgedBytes: Int?

    /// - Parameter path: A data directory that is there.
    package init(path: String) throws(LedgerError) {
        let root = try Self.open(path)
        directory = Item(path: "", try root.file.status(), isWritable: root.isWritable("."))
        var room = statvfs()
        try systemCall("fstatvfs", path) { fstatvfs(root.file.descriptor, &room) }
        bytes = Room(free: Int(room.f_bavail) * Int(room.f_frsize), all: Int(room.f_blocks) * Int(room.f_frsize))
        files = room.f_files == 0 ? nil : Room(free: Int(room.f_favail), all: Int(room.f_files))
        for name in ["transactions", "topups", "rejected", "journal"] { try look(at: name, in: root) }
        guard isUsed else { return }
        let journal = JournalReader(try root.directory("journal"))
        try look(at: LockFile.name, in: journal.directory, as: "journal/\(LockFile.name)")
        guard let newest = try journal.names().last else { return }
        try look(at: newest.description, in: journal.directory, as: "journal/\(newest)")
        if let end = try journal.acknowledgedEnd() {
            unacknowledgedBytes = max(0, try journal.totalLength(of: [newest]) - (end.file == newest ? end.offset : 0))
        }
        guard let end = try journal.end() else { return }
        var time: Timestamp?
        try journal.readBackwards(from: end) { (lines) in
            for case .entry(let entry, _, _) in lines where time == nil { time = entry.content.time }
            return time == nil
        }
        newestEntry = time
    }

    private static func open(_ path: String) throws(LedgerError) -> Directory {
        do throws(LedgerError) {
            return try Directory(openingPath: path)
        } catch {
            throw .unusable(path: path, errno: error.errno ?? EIO)
        }
    }

    private mutating func look(
        at name: String, in directory: borrowing Directory, as path: String? = nil
    ) throws(LedgerError) {
        guard let file = try directory.openIfPresent(name) else { return }
        items.append(Item(path: path ?? name, try file.status(), isWritable: directory.isWritable(name)))
    }

    /// How many files there are, which is what hosts count that limit them. Linear in that number.
    package static func fileCount(path: String) throws(LedgerError) -> Int {
        let root = try open(path)
        var count = 0
        for name in ["transactions", "topups", "rejected", "journal", "archive"] {
            do throws(LedgerError) {
                count += try root.directory(name).names().count + 1
            } catch .system(_, _, ENOENT) {
                continue
            }
        }
        return count
    }
}

extension Inspection.Item {
    fileprivate init(path: String, _ status: stat, isWritable: Bool) {
        self.init(path: path, owner: status.st_uid, mode: UInt32(status.st_mode) & 0o7777, isWritable: isWritable)
    }
}

extension Directory {
    /// Whether this process may write to what is under a name (access(2), with the rights that it has now).
    fileprivate func isWritable(_ name: String) -> Bool {
        faccessat(file.descriptor, name, W_OK, AT_EACCESS) == 0
    }
}
