import CLinux
import Glibc

/// The directories below the data directory, opened; none of them may be a symbolic link.
struct DataDirectory: ~Copyable {
    let root: Directory
    let transactions: Directory
    let topups: Directory
    let rejected: Directory

    /// Opens the data directory at `path` and makes what is missing, the directory itself included (its parent must
    /// exist).
    init(makingAt path: String) throws(LedgerError) {
        // Modes are given where files are made; a mask of the caller's must neither widen nor narrow them.
        umask(0o027)
        if mkdir(path, 0o750) != 0, errno != EEXIST {
            throw .system(call: "mkdir", path: path, errno: errno)
        }
        let root = try Directory(openingPath: path)
        let transactions = try root.makeDirectory(RecordName.Folder.transactions.rawValue)
        let topups = try root.makeDirectory(RecordName.Folder.topups.rawValue)
        let rejected = try root.makeDirectory("rejected")
        self.root = root
        self.transactions = transactions
        self.topups = topups
        self.rejected = rejected
    }

    /// Everything written to this file system before the call is on the disk on return (syncfs(2)); an error that
    /// another process was told of already is not repeated here.
    borrowing func syncFileSystem() throws(LedgerError) {
        try finalSystemCall("syncfs", root.path) { syncfs(root.file.descriptor) }
    }
}
