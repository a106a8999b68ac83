import CLinux
import Formats
import Glibc
import System

/// A socket that takes connections: one that the program made itself, or one that was handed over.
package struct ListeningSocket: ~Copyable {
    /// Why there is no socket: one sentence that says what to set.
    package struct Problem: Error, Equatable, Sendable {
        package var sentence: String

        package init(_ sentence: String) {
            self.sentence = sentence
        }
    }

    package let descriptor: Int32
    /// The path of a unix socket that the program made and so removes.
    private let ownPath: OwnPath?

    private struct OwnPath {
        let path: String
        let inode: ino_t
    }

    /// Whether the socket goes away with this program, so that connections in its queue must be served first.
    package let isOwn: Bool

    /// Takes over a socket that a web server or systemd has opened.
    package init(handedOver descriptor: Int32) {
        self.descriptor = descriptor
        ownPath = nil
        isOwn = false
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Socket.makeNonBlocking(descriptor)
    }

    /// Makes a socket.
    ///
    /// - Parameters:
    ///   - address: `unix:/path`, `127.0.0.1:9000` or `[::1]:9000`.
    ///   - mode: Of a unix socket.
    ///   - patience: Seconds to wait for another start on the same path.
    ///   - prepare: Called before anybody can connect, and when there is nothing more to wait for.
    package init(
        listeningOn address: String, mode: UInt32, patience: Int = 10, beforeListening prepare: () -> Void = {}
    ) throws(Problem) {
        let path = address.hasPrefix("unix:") ? String(address.dropFirst(5)) : nil
        let descriptor =
            if let path { try Self.bindUnix(path, mode: mode, patience: patience, prepare) } else {
                try Self.bindInternet(address, prepare)
            }
        self.descriptor = descriptor
        var status = stat()
        ownPath = path.flatMap { lstat($0, &status) == 0 ? OwnPath(path: $0, inode: status.st_ino) : nil }
        isOwn = true
        Socket.makeNonBlocking(descriptor)
    }

    /// One that nobody can connect to, as long as somebody only tries whether it could be watched.
    package init() throws(Problem) {
        descriptor = try Self.makeSocket(AF_UNIX)
        ownPath = nil
        isOwn = false
    }

    deinit {
        removePath()
        close(descriptor)
    }

    /// Removes the path of an own unix socket, unless somebody else has put another there: nobody new can connect.
    package func removePath() {
        guard let ownPath else { return }
        var status = stat()
        if lstat(ownPath.path, &status) == 0, status.st_ino == ownPath.inode { unlink(ownPath.path) }
    }

    /// Whether a descriptor is a socket that takes connections (socket(7), SO_ACCEPTCONN).
    package static func isListening(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
    }

    private static func makeSocket(_ family: Int32) throws(Problem) -> Int32 {
        do throws(LedgerError) { return try Socket.make(family) } catch {
            throw Problem("cannot make a socket: \(error.reason)")
        }
    }

    private static func bindUnix(
        _ path: String, mode: UInt32, patience: Int, _ prepare: () -> Void
    ) throws(Problem) -> Int32 {
        guard let address = UnixAddress(path) else {
            throw Problem("the path of a unix socket must have 1 to 107 bytes: “\(path)”")
        }
        // Looking whether an old socket is alive, removing it and making a new one must not cross with another start.
        let lock = try StartLock(for: path, patience: patience)
        defer { lock.release() }
        try removeDeadSocket(at: path, address)
        let descriptor = try makeSocket(AF_UNIX)
        prepare()
        // The mode is in place before anybody can connect: that takes listen(2).
        do throws(LedgerError) {
            try address.bind(descriptor)
            try systemCall("chmod", path) { chmod(path, mode) }
            try Socket.listen(descriptor)
        } catch {
            close(descriptor)
            throw Problem("cannot make the socket \(path): \(error.reason)")
        }
        return descriptor
    }

    private static func removeDeadSocket(at path: String, _ address: UnixAddress) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Problem("\(path) is there and is no socket; choose another path")
        }
        let probe = try makeSocket(AF_UNIX)
        defer { close(probe) }
        // A live one that takes no connection at the moment would be waited for.
        Socket.makeNonBlocking(probe)
        do throws(LedgerError) { try address.connect(probe) } catch {
            if error.isOfPeer {
                unlink(path)
                return
            }
        }
        throw Problem("another process is serving on \(path) already")
    }

    private static func bindInternet(_ text: String, _ prepare: () -> Void) throws(Problem) -> Int32 {
        guard let colon = text.lastIndex(of: ":") else {
            throw Problem("--listen takes unix:/path, 127.0.0.1:9000 or [::1]:9000, not “\(text)”")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // getaddrinfo(3) takes no port for 0, and what is too large modulo 65536.
        let port = text[text.index(after: colon)...]
        guard !host.isEmpty, let number = decimal(port.utf8), number <= 65_535,
            getaddrinfo(String(host), String(port), &hints, &found) == 0, let found
        else { throw Problem("--listen takes unix:/path, 127.0.0.1:9000 or [::1]:9000, not “\(text)”") }
        defer { freeaddrinfo(found) }
        let descriptor = try makeSocket(found.pointee.ai_family)
        prepare()
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        do throws(LedgerError) {
            try systemCall("bind", text) { bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) }
            try Socket.listen(descriptor)
        } catch {
            close(descriptor)
            throw Problem("cannot listen on \(text): \(error.reason)")
        }
        return descriptor
    }
}
