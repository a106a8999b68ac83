import Glibc
import System

/// `archive/.lock`: whoever holds it (flock(2)) may append to the archive's files. Apart from the journal's lock, which
/// no long work may hold.
struct ArchiveLock: ~Copyable {
    private let file: OpenFile

    /// - Returns: `nil` if another process holds it.
    init?(in archive: borrowing Directory) throws(LedgerError) {
        let file = try archive.open(".lock", O_RDWR | O_CREAT)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw .system(call: "flock", path: file.path, errno: errno)
        }
        self.file = file
    }

    deinit {
        // Closing is not enough while a program is being started: until that runs, it shares the descriptor.
        _ = flock(file.descriptor, LOCK_UN)
    }
}
