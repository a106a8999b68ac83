import CLinux
import Glibc

/// Tells when more of the journal is acknowledged, without asking again and again (inotify(7)).
package struct JournalWatch: ~Copyable {
    private let file: OpenFile
    private let path: String
    /// Whether there is a journal to be watched; until somebody makes it, nothing tells of that.
    package private(set) var isWatching = false

    /// Readable when something has happened in the journal's directory.
    package var descriptor: Int32 { file.descriptor }

    /// - Parameter path: A data directory; its journal may be made later.
    package init(path: String) throws(LedgerError) {
        file = OpenFile(
            adopting: try systemCall("inotify_init", path) { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) },
            path)
        self.path = path
    }

    /// Watches the journal, if there is one by now. Nothing is told of before this.
    ///
    /// - Returns: Whether that has begun just now: what was written before is there to be read.
    package mutating func begin() throws(LedgerError) -> Bool {
        if isWatching { return false }
        do throws(LedgerError) {
            try systemCall("inotify_add_watch", path) {
                inotify_add_watch(file.descriptor, "\(path)/journal", UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO))
            }
        } catch .system(_, _, ENOENT) {
            return false
        }
        isWatching = true
        return true
    }

    /// Forgets what has happened so far.
    ///
    /// - Returns: Whether the commit note was among it, which is written anew for each batch. The lines of a batch come
    ///   before it, and are not acknowledged yet.
    package func drain() -> Bool {
        var block = [UInt8](repeating: 0, count: 8192)
        var isNoteChanged = false
        while case let count = read(descriptor, &block, block.count), count > 0 {
            var index = 0
            while index + 16 <= count {
                // struct inotify_event: wd, mask, cookie, len, and `len` bytes of a name that NUL pads.
                let (mask, length) = block.withUnsafeBytes {
                    (
                        $0.loadUnaligned(fromByteOffset: index + 4, as: UInt32.self),
                        Int($0.loadUnaligned(fromByteOffset: index + 12, as: UInt32.self))
                    )
                }
                let name = block[min(index + 16, count)..<min(index + 16 + length, count)].prefix { $0 != 0 }
                isNoteChanged =
                    isNoteChanged || name.elementsEqual(LockFile.name.utf8) || mask & UInt32(IN_Q_OVERFLOW) != 0
                index += 16 + length
            }
        }
        return isNoteChanged
    }
}
