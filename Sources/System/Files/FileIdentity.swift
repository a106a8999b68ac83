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
}
