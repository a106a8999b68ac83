import System

/// `archive/.lock`: whoever holds it (flock(2)) may append to the archive's files. Apart from the journal's lock, which
/// no long work may hold.
struct ArchiveLock: ~Copyable {
    private static let name = ".lock"

    private let file: OpenFile

    /// - Returns: `nil` if another process holds it.
    init?(in archive: borrowing Directory) throws(LedgerError) {
        let file = try Self.open(archive)
        guard try file.lock(within: 0) else { return nil }
        self.file = file
    }

    /// One that cannot be opened is replaced. Whoever holds it already must not be: what two write at once is lost.
    private static func open(_ archive: borrowing Directory) throws(LedgerError) -> OpenFile {
        do throws(LedgerError) {
            let file = try archive.open(name, .readWriteMaking)
            try file.requireFile()
            return file
        } catch {
            guard archive.isOfFile(error), !error.isWantOfRoom else { throw error }
            if let held = try archive.identity(of: name), FileLocks.contain(held) { throw .inUse(path: archive.path) }
            try archive.removeLeftover(name)
            return try archive.open(name, .readWriteMaking)
        }
    }

    deinit { file.unlock() }
}
