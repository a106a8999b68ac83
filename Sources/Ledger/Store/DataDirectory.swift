import CLinux
import Glibc
import System

/// The directories below the data directory, opened; none of them may be a symbolic link.
package struct DataDirectory: ~Copyable {
    /// What could not be read as a callback lies here.
    package static let rejectedName = "rejected"

    let root: Directory
    let transactions: Directory
    let topups: Directory
    package let rejected: Directory

    /// Opens the data directory at `path` and makes what is missing, the directory itself included (its parent must
    /// exist).
    package init(makingAt path: String) throws(LedgerError) {
        // Modes are given where files are made; a mask of the caller's must neither widen nor narrow them.
        umask(0o027)
        if mkdir(path, 0o750) != 0, errno != EEXIST { throw Self.error(at: path, errno) }
        let root = try Self.root(path)
        let transactions = try root.makeDirectory(RecordName.Folder.transactions.rawValue)
        let topups = try root.makeDirectory(RecordName.Folder.topups.rawValue)
        let rejected = try root.makeDirectory(Self.rejectedName)
        self.root = root
        self.transactions = transactions
        self.topups = topups
        self.rejected = rejected
    }

    /// Opens a data directory that is only to be looked at; makes nothing. What is not there is as if it were empty.
    ///
    /// Throws `unusable` if not even the directory is there that the data directory would be made in.
    package init(lookingAt path: String) throws(LedgerError) {
        let root = try Self.rootIfPresent(path)
        let transactions = try root.directoryOrAbsent(RecordName.Folder.transactions.rawValue)
        let topups = try root.directoryOrAbsent(RecordName.Folder.topups.rawValue)
        let rejected = try root.directoryOrAbsent(Self.rejectedName)
        self.root = root
        self.transactions = transactions
        self.topups = topups
        self.rejected = rejected
    }

    private static func rootIfPresent(_ path: String) throws(LedgerError) -> Directory {
        do throws(LedgerError) {
            return try root(path)
        } catch .unusable(_, ENOENT) {
            guard access(PathNames.parent(of: path), F_OK) == 0 else { throw .unusable(path: path, errno: ENOENT) }
            return Directory(absentAt: path)
        }
    }

    private static func root(_ path: String) throws(LedgerError) -> Directory {
        do throws(LedgerError) {
            return try Directory(openingPath: path)
        } catch {
            throw Self.error(at: path, error.errno ?? EIO)
        }
    }

    /// Tells a path that was set wrong from a disk that has trouble.
    private static func error(at path: String, _ code: Int32) -> LedgerError {
        [ENOENT, ENOTDIR, EACCES, EPERM, EROFS, ELOOP, ENAMETOOLONG].contains(code)
            ? .unusable(path: path, errno: code) : .system(call: "open", path: path, errno: code)
    }

    /// Everything written to this file system before the call is on the disk on return (syncfs(2)); an error that
    /// another process was told of already is not repeated here.
    borrowing func syncFileSystem() throws(LedgerError) {
        try finalSystemCall("syncfs", root.path) { syncfs(root.file.descriptor) }
    }
}
