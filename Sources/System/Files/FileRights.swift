import Glibc

/// Whose something is, and who may write to it.
package struct FileRights: Sendable {
    package var owner: UInt32
    package var group: UInt32
    /// The permission bits.
    package var mode: UInt32
    /// Whether this process may write to it (access(2), with the rights that it has now).
    package var isWritable: Bool
}

/// What a file system has left, for those who are not root (statvfs(3)).
package struct FileSystemSpace: Sendable {
    package var freeBytes: Int
    package var bytes: Int
    package var freeFiles: Int
    /// 0 on a file system that does not count them.
    package var files: Int
}

extension Directory {
    /// The rights of what lies at a path below this directory, which may be a symbolic link; `nil` where there is nothing.
    package func rights(of path: String) throws(LedgerError) -> FileRights? {
        let descriptor = file.descriptor
        var status = stat()
        do throws(LedgerError) {
            try systemCall("stat", "\(file.path)/\(path)") { fstatat(descriptor, path, &status, AT_SYMLINK_NOFOLLOW) }
        } catch .system(_, _, ENOENT) {
            return nil
        }
        return FileRights(
            owner: status.st_uid, group: status.st_gid, mode: UInt32(status.st_mode) & 0o7777,
            isWritable: faccessat(descriptor, path, W_OK, AT_EACCESS) == 0)
    }

    package func space() throws(LedgerError) -> FileSystemSpace {
        let descriptor = file.descriptor
        var status = statvfs()
        try systemCall("fstatvfs", file.path) { fstatvfs(descriptor, &status) }
        return FileSystemSpace(
            freeBytes: Int(status.f_bavail) * Int(status.f_frsize), bytes: Int(status.f_blocks) * Int(status.f_frsize),
            freeFiles: Int(status.f_favail), files: Int(status.f_files))
    }
}
