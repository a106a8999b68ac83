import CLinux
import Glibc

/// Tells what has happened in a directory, without asking again and again (inotify(7)).
package struct ChangeWatch: ~Copyable {
    /// What has happened since the last look.
    package struct Changes: Sendable {
        package var names: Set<String> = []
        /// There was more than is told.
        package var isIncomplete = false
    }

    private let file: OpenFile

    /// Readable when something has happened; -1 where the kernel does not tell.
    package var descriptor: Int32 { file.descriptor }

    /// Where there is none to be had, as when this user has too many already, nothing can be watched.
    ///
    /// - Parameter path: For errors.
    package init(path: String) {
        file = OpenFile(adopting: inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)), path)
    }

    /// Watches for files that are written to, made, or moved in.
    ///
    /// - Returns: Whether it does; not where there is no such directory.
    package func add(directory path: String) -> Bool {
        inotify_add_watch(descriptor, path, UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)) >= 0
    }

    /// Takes what has happened so far.
    package func drain() -> Changes {
        var block = [UInt8](repeating: 0, count: 8192)
        var changes = Changes()
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
                changes.names.insert(String(decoding: name, as: UTF8.self))
                changes.isIncomplete = changes.isIncomplete || mask & UInt32(IN_Q_OVERFLOW) != 0
                index += 16 + length
            }
        }
        return changes
    }
}
