import Formats
import Journal
import System

/// `.cursors/`: what is remembered of each name that follows the journal.
struct CursorDirectory: ~Copyable {
    static let name = ".cursors"
    static let suffix = ".json"

    let directory: Directory

    /// The cursors by their encoded names; `nil` for one that cannot be read, and so may need any entry.
    func cursors() throws(LedgerError) -> [String: Cursor?] {
        var cursors: [String: Cursor?] = [:]
        for name in try directory.names() where name.hasSuffix(Self.suffix) {
            let bytes: [UInt8]?
            do throws(LedgerError) {
                bytes = try directory.openIfPresent(name)?.readAll()
            } catch {
                guard directory.isOfFile(error) else { throw error }
                bytes = []
            }
            if let bytes { cursors[String(name.dropLast(Self.suffix.count))] = .some(Cursor(bytes: bytes)) }
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

/// A cursor with its files, which only one process at a time may use:
///
///     NAME.json            how far it has come
///     NAME.waiting.jsonl   what has failed, and is tried again later
///     NAME.told.jsonl      what was told, and when
///     .NAME.json.lock      who has the cursor holds its lock
package final class CursorFile {
    /// Seconds to wait for a process that is ending: until a command that it was about to start has begun, the lock is
    /// that command's too.
    package static let patience = 3

    private let directory: Directory
    /// The directory that was opened, as it is found by its path.
    private let identity: FileIdentity?
    private let directoryPath: String
    private let fileName: String
    private let stem: String
    /// Holds flock(2) for as long as this lives, or until `release`.
    private let lock: OpenFile
    /// What is on the disk.
    package private(set) var cursor: Cursor?

    /// Opens the cursor of that name in a data directory that is there; makes the directory of cursors. Throws `inUse`
    /// if another process has it.
    ///
    /// - Returns: `nil` if the name is empty, or its encoding would make a file name that is too long.
    package init?(path: String, name: String, patience: Int = CursorFile.patience) throws(LedgerError) {
        guard let fileName = Self.fileName(name) else { return nil }
        self.fileName = fileName
        stem = String(fileName.dropLast(CursorDirectory.suffix.count))
        directory = try Snapshot(lookingAt: path).store.makeRootDirectory(CursorDirectory.name)
        directoryPath = "\(path)/\(CursorDirectory.name)"
        identity = FileIdentity(path: directoryPath)
        lock = try directory.open(Self.lockName(fileName), .readWriteMaking)
        guard try lock.lock(within: patience) else {
            throw .inUse(path: "\(CursorDirectory.name)/\(fileName)")
        }
        let bytes = try Self.damaging(fileName, in: directory) { (directory) throws(LedgerError) -> [UInt8]? in
            try directory.openIfPresent(fileName)?.readAll()
        }
        if let bytes {
            guard let cursor = Cursor(bytes: bytes) else { throw Self.damaged(fileName) }
            self.cursor = cursor
        }
    }

    /// Whether a path in the data directory is that of a cursor's file. Where one of these is damaged, no other run will do,
    /// until somebody has mended it.
    package static func isPath(_ path: String) -> Bool { path.hasPrefix("\(CursorDirectory.name)/") }

    private static func damaged(_ name: String) -> LedgerError {
        .damaged(path: "\(CursorDirectory.name)/\(name)")
    }

    /// Does something with a file of the cursor's. Throws `damaged` where that file cannot be read.
    private static func damaging<Value: ~Copyable>(
        _ name: String, in directory: borrowing Directory, _ act: (borrowing Directory) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value {
        do throws(LedgerError) { return try act(directory) } catch {
            throw directory.isOfFile(error) ? damaged(name) : error
        }
    }

    /// Puts a new cursor in the place of one that cannot be read. What waited under it is known no more.
    ///
    /// - Parameter position: Where it begins.
    /// - Returns: Whether the name can be a cursor's.
    package static func remake(path: String, name: String, at position: Position) throws(LedgerError) -> Bool {
        guard let fileName = fileName(name) else { return false }
        let stem = fileName.dropLast(CursorDirectory.suffix.count)
        let directory = try Snapshot(lookingAt: path).store.makeRootDirectory(CursorDirectory.name)
        let lock = try directory.open(lockName(fileName), .readWriteMaking)
        guard try lock.lock(within: patience) else { throw .inUse(path: "\(CursorDirectory.name)/\(fileName)") }
        try directory.putAside("\(stem).\(WaitingFile.suffix)")
        try directory.putAside(fileName)
        let cursor = Cursor(readUpTo: position)
        try directory.replace(fileName, with: cursor.bytes, through: ".\(fileName).new", synced: true)
        try directory.sync()
        return true
    }

    /// Whether others find this one where it should be, or nothing: they find another, once the data directory was moved away
    /// and another put in its place.
    package var isInPlace: Bool { FileIdentity(path: directoryPath).map { $0 == identity } ?? true }

    /// What failed and waits for another try.
    package func waiting() throws(LedgerError) -> WaitingFile {
        let name = "\(stem).\(WaitingFile.suffix)"
        return try Self.damaging(name, in: directory) { (directory) throws(LedgerError) -> WaitingFile in
            try WaitingFile(name, in: try directory.directory("."))
        }
    }

    /// What was told.
    package func told() throws(LedgerError) -> ToldFile {
        ToldFile("\(stem).\(ToldFile.suffix)", in: try openedAgain())
    }

    private func openedAgain() throws(LedgerError) -> Directory { try directory.directory(".") }

    /// Moves the cursor, durably; on an error the old one stands.
    ///
    /// - Parameter anew: Writes it also where it stands there already, to see whether it can be written.
    package func move(to cursor: Cursor, anew: Bool = false) throws(LedgerError) {
        if cursor == self.cursor, !anew { return }
        try directory.replace(fileName, with: cursor.bytes, through: ".\(fileName).new", synced: true)
        // A cursor that is lost could begin anew behind what it had not done; one that is only older does it again.
        if self.cursor == nil { try directory.sync() }
        self.cursor = cursor
    }

    /// Goes on where another server has stopped, durably. What waited here is that one's to say.
    package func take(_ cursor: Cursor) throws(LedgerError) {
        let waiting = try waiting()
        for position in waiting.entries.keys { waiting.remove(position) }
        try waiting.flush()
        try move(to: cursor)
    }

    /// How far the cursor of that name is, whoever has it; `nil` where there is none.
    package static func cursor(path: String, name: String) throws(LedgerError) -> Cursor? {
        guard let fileName = fileName(name), let cursors = try Snapshot(lookingAt: path).store.cursorDirectory(),
            let file = try cursors.directory.openIfPresent(fileName)
        else { return nil }
        return Cursor(bytes: try file.readAll())
    }

    /// The name of the file whose lock is held by whoever has the cursor of that file's name.
    static func lockName(_ fileName: String) -> String { ".\(fileName).lock" }

    /// Leaves a request for whoever has the cursor of that name now, or next.
    ///
    /// - Returns: Whether there is such a cursor.
    package static func leave(_ request: CursorRequest, path: String, name: String) throws(LedgerError) -> Bool {
        guard let fileName = fileName(name), let cursors = try Snapshot(lookingAt: path).store.cursorDirectory(),
            try cursors.directory.openIfPresent(fileName) != nil
        else { return false }
        try cursors.directory.leave(request, stem: String(fileName.dropLast(CursorDirectory.suffix.count)))
        return true
    }

    package func hasRequests() throws(LedgerError) -> Bool {
        try directory.identity(of: "\(stem).\(CursorRequest.suffix)") != nil
    }

    /// Does what was asked for, durably.
    ///
    /// - Returns: What it was.
    package func obey() throws(LedgerError) -> [CursorRequest] {
        let requests = try directory.requests(stem: stem)
        if requests.isEmpty { return [] }
        let waiting = try waiting()
        let told = try told()
        for request in requests {
            guard var cursor else { break }
            switch request {
            case .skip(let name):
                for (position, entry) in waiting.entries where entry.lane == name.lane {
                    cursor.unfinished.removeAll { $0 == position }
                    told.add(
                        Told(
                            position: position, time: .now, tries: entry.tries, answer: "skipped", isGivenUp: true))
                    waiting.remove(position)
                }
            case .rewind(let position):
                for known in waiting.entries.keys where known >= position { waiting.remove(known) }
                cursor.readUpTo = min(cursor.readUpTo, position)
                cursor.unreadSince = nil
                cursor.unfinished.removeAll { $0 >= position }
                cursor.marks.removeAll { $0.position >= position }
            }
            // An entry that is told again, or once more, is the smaller harm: so the cursor moves last, and both files
            // say less than they could.
            cursor.waitingFrom = waiting.oldest
            try waiting.flush()
            told.flush()
            try move(to: cursor)
        }
        try directory.removeRequests(stem: stem)
        return requests
    }

    /// Lets another process have the cursor. Nothing may be written any more.
    package func release() { lock.unlock() }

    /// Who holds the lock of a cursor; `nil` where nobody does, or where it cannot be told.
    package static func holder(path: String, name: String) throws(LedgerError) -> LockHolder? {
        guard let fileName = fileName(name), let cursors = try Snapshot(lookingAt: path).store.cursorDirectory(),
            let lock = try cursors.directory.openIfPresent(lockName(fileName))
        else { return nil }
        return try lock.lockHolder()
    }

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
