import Journal
import System

/// Where a cursor begins that nobody has yet, where handlers see to it that somebody follows: `.cursors/.NAME.json.start`.
///
/// Many handlers may answer at once, and the follower that one of them starts must not begin behind another's entry. So
/// each sees to it, before it commits, that a number is written down which is not behind its own entry:
///
///     handler A    no cursor: writes down 1    commits 1                                 finds a follower at work
///     handler B        no cursor: finds 1          commits 2    starts a follower from 1
///
/// Once there is a cursor, it alone counts; this file goes with the next follower that is started.
package struct CursorStart: Sendable {
    /// Seconds to wait for whoever writes the number down at this moment.
    private static let patience = 3

    private let path: String
    private let cursorPath: String
    private let fileName: String
    private let lockName: String

    /// - Parameter path: The data directory.
    /// - Returns: `nil` if no cursor can have that name.
    package init?(path: String, cursor name: String) {
        guard let fileName = CursorFile.fileName(name) else { return nil }
        self.path = path
        cursorPath = "\(path)/\(CursorDirectory.name)/\(fileName)"
        self.fileName = ".\(fileName).start"
        lockName = CursorFile.lockName(fileName)
    }

    /// Whether the cursor is there. One system call.
    package var hasCursor: Bool { FileIdentity(path: cursorPath) != nil }

    /// Writes down where the cursor will begin, unless there is one, or somebody did. To be called before each commit:
    /// its entries are not before that number.
    ///
    /// - Parameter ledger: Of this directory; makes it where it is missing.
    package func note(with ledger: Ledger) throws(LedgerError) {
        if hasCursor { return }
        try ledger.prepare()
        let directory = try Snapshot(lookingAt: path).store.makeRootDirectory(CursorDirectory.name)
        let file = try directory.open(fileName, .readWriteMaking)
        // Whoever had it is through with reading the journal's end: what stands there counts for this one as well.
        guard try file.lock(within: Self.patience) else { throw .inUse(path: "\(CursorDirectory.name)/\(fileName)") }
        if try Self.position(in: file) != nil { return }
        let end = try JournalFollower(path: path).acknowledgedEnd() ?? .first
        try file.write(Array(end.description.utf8), at: 0)
        try file.sync()
        try directory.sync()
    }

    /// The number that was written down; `nil` where there is none.
    package func position() throws(LedgerError) -> Position? {
        guard let directory = try directory(), let file = try directory.openIfPresent(fileName, .readWrite) else {
            return nil
        }
        return try Self.position(in: file)
    }

    /// Removes the number that was written down: for when there is a cursor.
    package func forget() throws(LedgerError) { try directory()?.removeIfPresent(fileName) }

    /// Whether somebody has the cursor at this moment.
    package func isFollowed() throws(LedgerError) -> Bool {
        guard let directory = try directory(), let lock = try directory.openIfPresent(lockName) else { return false }
        return try !lock.lock(within: 0)
    }

    private func directory() throws(LedgerError) -> Directory? {
        try Directory(lookingAtPath: path).directoryIfPresent(CursorDirectory.name)
    }

    private static func position(in file: borrowing OpenFile) throws(LedgerError) -> Position? {
        Position(String(decoding: try file.readAll(), as: UTF8.self))
    }
}
