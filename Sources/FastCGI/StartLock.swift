import Glibc
import System

/// Keeps two starts on one path apart: `PATH.lock`, which is there only for that moment. Nobody else may open it, so that
/// nobody else can hold it; a lock on the directory would be anybody's who may look into that.
struct StartLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - socket: The path of the socket.
    ///   - patience: Seconds to wait for another start.
    init(for socket: String, patience: Int) throws(ListeningSocket.Problem) {
        let path = "\(socket).lock"
        let deadline = Deadline(seconds: patience)
        while true {
            let opened = try Self.open(path, for: socket)
            while flock(opened, LOCK_EX | LOCK_NB) != 0 {
                let code = errno
                guard code == EWOULDBLOCK || code == EINTR, !deadline.hasPassed else {
                    close(opened)
                    let why = code == EWOULDBLOCK ? "another process is starting on \(socket)" : errorText(code)
                    throw ListeningSocket.Problem("cannot lock \(path): \(why)")
                }
                usleep(10_000)
            }
            // Whoever had it before has removed it with that.
            if Self.isInPlace(opened, path) {
                self.path = path
                descriptor = opened
                return
            }
            close(opened)
        }
    }

    deinit { close(descriptor) }

    /// Removes the file and lets others start.
    borrowing func release() { unlink(path) }

    private static func open(_ path: String, for socket: String) throws(ListeningSocket.Problem) -> Int32 {
        let opened = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            let words = errorText(errno)
            var status = stat()
            if lstat(path, &status) == 0 {
                throw ListeningSocket.Problem("cannot open \(path): \(words); remove it, or choose another path")
            }
            let parent = socket.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(socket[...$0]) } ?? "."
            throw ListeningSocket.Problem(
                access(parent, F_OK) == 0
                    ? "cannot make the socket \(socket): \(words)" : "cannot open \(parent) for the socket: \(words)")
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            close(opened)
            throw ListeningSocket.Problem("\(path) is somebody else's: remove it, or choose another path")
        }
        return opened
    }

    private static func isInPlace(_ descriptor: Int32, _ path: String) -> Bool {
        var (own, found) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && lstat(path, &found) == 0 && own.st_ino == found.st_ino
            && own.st_dev == found.st_dev
    }
}
