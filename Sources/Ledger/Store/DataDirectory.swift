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
        try self.init(Directory(makingAtPath: path)) { (root, name) throws(LedgerError) in try root.makeDirectory(name)
        }
    }

    /// Opens a data directory that is only to be looked at; makes nothing. What is not there is as if it were empty.
    ///
    /// Throws `unusable` if not even the directory is there that the data directory would be made in.
    package init(lookingAt path: String) throws(LedgerError) {
        try self.init(Directory(lookingAtPath: path)) { (root, name) throws(LedgerError) in
            try root.directoryOrAbsent(name)
        }
    }

    private init(
        _ root: consuming Directory, _ open: (borrowing Directory, String) throws(LedgerError) -> Directory
    ) throws(LedgerError) {
        let transactions = try open(root, RecordName.Folder.transactions.rawValue)
        let topups = try open(root, RecordName.Folder.topups.rawValue)
        let rejected = try open(root, Self.rejectedName)
        self.root = root
        self.transactions = transactions
        self.topups = topups
        self.rejected = rejected
    }

    /// Finds out whether what is missing of a data directory could be made, by making a file in it for a moment.
    ///
    /// - Returns: Why it could not; `nil` if it could.
    package static func probeEmpty(_ path: String) -> LedgerError? {
        do throws(LedgerError) {
            try Directory(openingPath: path).probeThoroughly(through: RecordStore.temporaryName)
            return nil
        } catch {
            return error
        }
    }

    /// See `Directory.syncFileSystem`.
    borrowing func syncFileSystem() throws(LedgerError) -> Bool { try root.syncFileSystem() }
}
