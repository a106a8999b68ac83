import Glibc

/// Which file or directory lies at a path. While one is open, no other has its identity.
package struct FileIdentity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    package init(_ status: stat) {
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// As /proc/locks writes it.
    var inodeText: String { String(inode) }

    /// - Parameter path: A symbolic link there counts as itself. `nil` where there is nothing.
    package init?(path: String) {
        var status = stat()
        guard path.withCString({ lstat($0, &status) }) == 0 else { return nil }
        self.init(status)
    }

    /// What lies at a path; `nil` where there is nothing. Throws where that cannot be told.
    ///
    /// - Parameter name: What an error calls it.
    package static func find(_ path: String, _ name: String) throws(LedgerError) -> FileIdentity? {
        var status = stat()
        let code = path.withCString { lstat($0, &status) == 0 ? 0 : errno }
        if code == 0 { return FileIdentity(status) }
        if code == ENOENT || code == ENOTDIR { return nil }
        throw .system(call: "lstat", path: name, errno: code)
    }
}
