import Glibc
import System

/// `journal/.lock`: whoever holds its lock (flock(2)) may change the data directory. Nobody but its owner may open it: who
/// may only read the data cannot stop the service with it.
final class LockFile {
    static let name = ".lock"
    static let temporaryName = ".lock.new"
    private static let rights: UInt32 = 0o600

    let file: OpenFile

    /// Opens the file, and makes it where it is missing. One that cannot be opened for a reason of its own is replaced.
    ///
    /// - Parameter path: The data directory's, for an error.
    /// - Throws: `notOwner` for whoever is neither the owner of the journal nor root: he could neither mark the file as one of
    ///   this mount nor leave one that the owner can open, so that each of the two would make the other recover.
    init(in journal: borrowing Directory, of path: String? = nil) throws(LedgerError) {
        do throws(LedgerError) {
            if let file = try journal.openIfPresent(Self.name, .readWrite) {
                try file.requireFile()
                self.file = file
                return
            }
            try Self.refuseOthers(journal, path ?? journal.path)
            file = try Self.open(journal)
        } catch {
            guard journal.isOfItself(error) else { throw error }
            try Self.refuseOthers(journal, path ?? journal.path)
            try Self.replaceUnopened(in: journal)
            file = try Self.open(journal)
        }
    }

    private static func refuseOthers(_ journal: borrowing Directory, _ path: String) throws(LedgerError) {
        let (owner, user) = (try journal.file.status().st_uid, geteuid())
        if user != 0, user != owner { throw .notOwner(path: path, owner: owner, user: user) }
    }

    private static func open(_ journal: borrowing Directory) throws(LedgerError) -> OpenFile {
        let file = try journal.open(name, .readWriteMaking, rights: rights)
        try file.requireFile()
        return file
    }

    /// Which file this is. One of an earlier version, which readers may open, is closed to them.
    func identity() throws(LedgerError) -> FileIdentity {
        let status = try file.status()
        if status.st_mode & 0o077 != 0 { file.setRights(Self.rights) }
        return FileIdentity(status)
    }

    /// Takes the lock, waiting `seconds` for it at most.
    func acquire(within seconds: Int) throws(LedgerError) {
        guard try file.lock(within: seconds) else { throw .lockTimedOut(seconds: seconds) }
    }

    func release() { file.unlock() }

    /// Whether this program has had the file on this very mount of the file system; `nil` where the kernel cannot tell.
    var isOfThisMount: Bool? { MountMark.isOn(file) }

    func markMount() { MountMark.set(on: file) }

    /// Puts a new file in the place of this one, whose lock is held: whoever has this one opens everything again.
    static func replace(in journal: borrowing Directory) throws(LedgerError) {
        try journal.removeLeftover(temporaryName)
        _ = try journal.open(temporaryName, .writingNew, rights: rights)
        try journal.rename(temporaryName, to: name, clearing: true)
    }

    /// Replaces a file that cannot be opened, one process after another. Whoever waits for the lock of the old one sees
    /// that, once he has it; who holds it already is waited for by those who come next.
    private static func replaceUnopened(in journal: borrowing Directory) throws(LedgerError) {
        guard try journal.file.lock(within: 1) else { throw .lockTimedOut(seconds: 1) }
        defer { journal.file.unlock() }
        // Another process may have done it meanwhile.
        if (try? open(journal)) != nil { return }
        if let held = try journal.identity(of: name), FileLocks.contain(held) {
            throw .inUse(path: "\(journal.path)/\(name)")
        }
        try replace(in: journal)
    }
}

/// The write-life hint by which this program knows a file that it has had on this very mount.
enum MountMark {
    /// RWH_WRITE_LIFE_SHORT of fcntl.h.
    private static let hint: UInt64 = 2

    /// `nil` where the kernel cannot tell.
    static func isOn(_ file: borrowing OpenFile) -> Bool? { file.writeLifeHint.map { $0 == hint } }

    static func set(on file: borrowing OpenFile) { file.setWriteLifeHint(hint) }
}

extension Directory {
    /// Whether an error of opening or reading one of the journal's files is that file's own, so that the journal goes on
    /// without it. A link in its place is never followed.
    func isOfItself(_ error: LedgerError) -> Bool { !error.isWantOfRoom && isOfFile(error) }
}
