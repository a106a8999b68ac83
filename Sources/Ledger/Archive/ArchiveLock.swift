import System

/// `archive/.lock`: whoever holds it (flock(2)) may append to the archive's files. Apart from the journal's lock, which
/// no long work may hold.
struct ArchiveLock: ~Copyable {
    private let file: OpenFile

    /// - Returns: `nil` if another process holds it.
    init?(in archive: borrowing Directory) throws(LedgerError) {
        let file = try archive.open(".lock", .readWriteMaking)
        guard try file.lock(within: 0) else { return nil }
        self.file = file
    }

    deinit { file.unlock() }
}
