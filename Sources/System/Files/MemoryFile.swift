import CLinux
import Glibc

/// Files without a name that need not outlive the process.
package enum MemoryFile {
    /// Where a file is made if the kernel, or who watches over this process, refuses one that is in memory alone
    /// (memfd_create(2), since Linux 3.17).
    private static let lastDirectories = Locked<[String]>([])

    /// Names a directory that this process may write to, for the case that no other can be had. Counts before the first
    /// file is made.
    package static func lastResort(_ directory: String) {
        lastDirectories.withLock { $0 = [directory] }
    }

    /// Makes one; the caller closes it. It is closed where another program is started.
    ///
    /// - Throws: What `memfd_create` said, if nothing else could be done either.
    package static func make(_ name: String) throws(LedgerError) -> Int32 {
        let descriptor = memfd_create(name, UInt32(MEMFD_CLOEXEC))
        if descriptor >= 0 { return descriptor }
        let code = errno
        let temporary = getenv("TMPDIR").map { [String(cString: $0)] } ?? []
        let directories = ["/dev/shm"] + temporary + ["/tmp"] + lastDirectories.withLock { $0 }
        for directory in directories where !directory.isEmpty {
            if let descriptor = make(in: directory) { return descriptor }
        }
        throw .system(call: "memfd_create", path: name, errno: code)
    }

    /// Puts bytes at the beginning of one, and sets it to be read from there.
    package static func load(_ bytes: [UInt8], into descriptor: Int32, _ name: String) throws(LedgerError) {
        let count = try systemCall("write", name) {
            bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
        guard count == bytes.count else { throw .system(call: "write", path: name, errno: ENOSPC) }
        try systemCall("lseek", name) { lseek(descriptor, 0, SEEK_SET) }
    }

    private static func make(in directory: String) -> Int32? {
        let unnamed = open(directory, O_RDWR | O_DIRECTORY | Int32(OPEN_UNNAMED) | O_CLOEXEC | O_EXCL, 0o600)
        if unnamed >= 0 { return unnamed }
        // An older kernel, or a file system that cannot: a name for a moment.
        var template = Array("\(directory)/.khoins-callback.XXXXXX".utf8CString)
        let named = mkstemp(&template)
        guard named >= 0 else { return nil }
        unlink(template)
        _ = fcntl(named, F_SETFD, FD_CLOEXEC)
        return named
    }
}
