import Glibc

/// A log of the operator's own, beside standard error: for hosts that hide theirs. It grows to 1 MiB; then it becomes
/// `NAME.1`, in place of the one before, and a new one begins.
///
/// What cannot be written is lost: a log is no part of what is promised. Several processes may write to one file.
package final class LogFile: Sendable {
    /// Bytes of the file at which a new one begins.
    private static let maximumLength = 1 << 20

    private let path: String
    /// One thread of this process at a time looks at the length and moves the file away.
    private let turn = Locked(())

    package init(path: String) {
        self.path = path
    }

    /// Appends whole lines in one write.
    package func append(_ lines: UnsafeRawBufferPointer) {
        turn.withLock { _ in
            var descriptor = opened()
            var status = stat()
            guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return }
            if status.st_size >= Self.maximumLength, rename(path, "\(path).1") == 0 {
                close(descriptor)
                descriptor = opened()
            }
            // A pipe or a device could make this wait.
            if status.st_mode & S_IFMT == S_IFREG { _ = write(descriptor, lines.baseAddress, lines.count) }
            close(descriptor)
        }
    }

    private func opened() -> Int32 {
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o640)
    }
}
