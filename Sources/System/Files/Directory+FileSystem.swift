import CLinux
import Glibc

extension Directory {
    /// Everything written to this file system before the call is on the disk on return (syncfs(2)); an error that
    /// another process was told of already is not repeated here.
    ///
    /// - Returns: Whether it is; if not, this call may not be made here, and each file has to be synced.
    package func syncFileSystem() throws(LedgerError) -> Bool {
        if syncfs(file.descriptor) == 0 { return true }
        guard isRefusal(errno) else { throw .system(call: "syncfs", path: path, errno: errno) }
        return false
    }

    /// Whether `syncFileSystem` tells of each write to a file that has failed since this directory was opened, or since
    /// the last time, whoever else was told of that: so it is since Linux 5.8 (syncfs(2)), where the file system is on a
    /// disk of this machine.
    package var tellsOfFailedWrites: Bool {
        var kernel = utsname()
        guard uname(&kernel) == 0 else { return false }
        let release = withUnsafeBytes(of: &kernel.release) { release in
            release.split(separator: UInt8(ascii: ".")).prefix(2).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
        }
        var found = statfs()
        guard !release.lexicographicallyPrecedes([5, 8]), fstatfs(file.descriptor, &found) == 0 else { return false }
        return Self.diskFileSystems.contains(Int(found.f_type))
    }

    /// Of ext4 and xfs, of which it was tried (statfs(2), linux/magic.h).
    private static let diskFileSystems = [0xef53, 0x5846_5342]
}
