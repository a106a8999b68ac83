import Formats
import Journal
import System

/// `.cursors/`: one small file for each name that follows the journal.
struct CursorDirectory: ~Copyable {
    static let name = ".cursors"
    fileprivate static let suffix = ".json"

    let directory: Directory

    /// The cursors by their encoded names; `nil` for one that cannot be read, and so may need any entry.
    func cursors() throws(LedgerError) -> [String: Cursor?] {
        var cursors: [String: Cursor?] = [:]
        for name in try directory.names() where name.hasSuffix(Self.suffix) {
            guard let file = try directory.openIfPresent(name) else { continue }
            cursors[String(name.dropLast(Self.suffix.count))] = .some(Cursor(bytes: try file.readAll()))
        }
        return cursors
    }
}

extension RecordStore {
    /// Opens the directory of cursors; `nil` where there is none.
    func cursorDirectory() throws(LedgerError) -> CursorDirectory? {
        guard let directory = try rootDirectory(CursorDirectory.name) else { return nil }
        return CursorDirectory(directory: directory)
    }
}

/// A cursor with its file, `.cursors/NAME.json`, which only one process at a time may use.
package final class CursorFile {
    /// Seconds to wait for a process that is ending: until a command that it was about to start has begun, the lock is
    /// that command's too.
    private static let patience = 3

    private let directory: Directory
    private let fileName: String
    /// Holds flock(2) for as long as this lives.
    private let lock: OpenFile
    /// What is on the disk.
    package private(set) var cursor: Cursor?

    /// Opens the cursor of that name in a data directory that is there; makes the directory of cursors. Throws `inUse`
    /// if another process has it.
    ///
    /// - Returns: `nil` if the name is empty, or its encoding would make a file name that is too long.
    package init?(path: String, name: String) throws(LedgerError) {
        guard let fileName = Self.fileName(name) else { return nil }
        self.fileName = fileName
        directory = try Snapshot(lookingAt: path).store.makeRootDirectory(CursorDirectory.name)
        lock = try directory.open(Self.lockName(fileName), .readWriteMaking)
        guard try lock.lock(within: Self.patience) else {
            throw .inUse(path: "\(CursorDirectory.name)/\(fileName)")
        }
        if let file = try directory.openIfPresent(fileName) {
            guard let cursor = Cursor(bytes: try file.readAll()) else {
                throw .damaged(path: "\(CursorDirectory.name)/\(fileName)")
            }
            self.cursor = cursor
        }
    }

    /// Moves the cursor, durably; on an error the old one stands.
    package func move(to cursor: Cursor) throws(LedgerError) {
        if cursor == self.cursor { return }
        try directory.replace(fileName, with: cursor.bytes, through: ".\(fileName).new", synced: true)
        // A cursor that is lost could begin anew behind what it had not done; one that is only older does it again.
        if self.cursor == nil { try directory.sync() }
        self.cursor = cursor
    }

    /// The name of the file whose lock is held by whoever has the cursor of that file's name.
    static func lockName(_ fileName: String) -> String { ".\(fileName).lock" }

    /// The name, percent-encoded like the records' files; `nil` if that is empty or too long.
    static func fileName(_ name: String) -> String? {
        var file = ByteBuffer(capacity: RecordName.maximumLength)
        RecordName.encode(name, into: &file)
        guard file.count > 0, file.count + CursorDirectory.suffix.utf8.count <= RecordName.maximumLength else {
            return nil
        }
        return file.text + CursorDirectory.suffix
    }
}
