import Glibc
import System

/// Keeps two starts on one path apart: `PATH.lock`, which is there only for that moment. Nobody else may open it, so that
/// nobody else can hold it; a lock on the directory would be anybody's who may look into that.
struct StartLock: ~Copyable {
    private let path: String
    private let file: OpenFile

    /// - Parameters:
    ///   - socket: The path of the socket.
    ///   - patience: Seconds to wait for another start.
    init(for socket: String, patience: Int) throws(ListeningSocket.Problem) {
        let path = "\(socket).lock"
        while true {
            let opened = try Self.open(path, for: socket)
            let isThere: Bool
            do throws(LedgerError) {
                guard try opened.lock(within: patience) else { throw .inUse(path: socket) }
                // Whoever had it before has removed it with that.
                isThere = try FileIdentity.find(path, path) == opened.identity()
            } catch {
                let why = error == .inUse(path: socket) ? "another process is starting on \(socket)" : error.reason
                throw ListeningSocket.Problem("cannot lock \(path): \(why)")
            }
            if isThere {
                self.path = path
                file = opened
                return
            }
        }
    }

    /// Removes the file and lets others start.
    borrowing func release() { unlink(path) }

    private static func open(_ path: String, for socket: String) throws(ListeningSocket.Problem) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        do throws(LedgerError) {
            let file = OpenFile(adopting: try systemCall("open", path) { Glibc.open(path, flags, 0o600) }, path)
            let status = try file.status()
            if status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() { return file }
        } catch {
            if FileIdentity(path: path) != nil {
                throw ListeningSocket.Problem("cannot open \(path): \(error.reason); remove it, or choose another path")
            }
            let parent = socket.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(socket[...$0]) } ?? "."
            throw ListeningSocket.Problem(
                access(parent, F_OK) == 0
                    ? "cannot make the socket \(socket): \(error.reason)"
                    : "cannot open \(parent) for the socket: \(error.reason)")
        }
        throw ListeningSocket.Problem("\(path) is somebody else's: remove it, or choose another path")
    }
}
