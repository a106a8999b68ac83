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
        Self.makeNonBlocking(descriptor)
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
        guard Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            let code = errno
            close(descriptor)
            throw Problem("cannot listen on \(address): \(errorText(code))")
        }
        self.descriptor = descriptor
        var status = stat()
        ownPath = path.flatMap { lstat($0, &status) == 0 ? OwnPath(path: $0, inode: status.st_ino) : nil }
        isOwn = true
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

    /// Takes a connection, which then never makes anybody wait.
    ///
    /// - Returns: Its descriptor; -1 where `errno` says why there is none.
    static func accept(_ listener: Int32) -> Int32 {
        let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        guard descriptor < 0, [ENOSYS, EPERM, EACCES, EOPNOTSUPP].contains(errno) else { return descriptor }
        // Who watches over this process may know the older call alone.
        let accepted = Glibc.accept(listener, nil, nil)
        guard accepted >= 0 else { return accepted }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        makeNonBlocking(accepted)
        return accepted
    }

    private static func makeNonBlocking(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 { return }
        var isNonBlocking: Int32 = 1
        _ = ioctl(descriptor, UInt(FIONBIO), &isNonBlocking)
    }

    /// One that never makes anybody wait.
    private static func makeSocket(_ family: Int32) throws(Problem) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(kind), 0)
        guard descriptor >= 0 else { throw Problem("cannot make a socket: \(errorText(errno))") }
        return descriptor
    }

    private static func bindUnix(
        _ path: String, mode: UInt32, patience: Int, _ prepare: () -> Void
    ) throws(Problem) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Problem("the path of a unix socket must have 1 to 107 bytes: “\(path)”")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // Looking whether an old socket is alive, removing it and making a new one must not cross with another start.
        let lock = try StartLock(for: path, patience: patience)
        defer { lock.release() }
        try removeDeadSocket(at: path, address)
        let descriptor = try makeSocket(AF_UNIX)
        prepare()
        // The mode is in place before anybody can connect: that takes listen(2).
        guard withSockaddr(address, { bind(descriptor, $0, $1) }) == 0, chmod(path, mode) == 0,
            Glibc.listen(descriptor, SOMAXCONN) == 0
        else {
            let code = errno
            close(descriptor)
            throw Problem("cannot make the socket \(path): \(errorText(code))")
        }
        return descriptor
    }

    private static func removeDeadSocket(at path: String, _ address: sockaddr_un) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Problem("\(path) is there and is no socket; choose another path")
        }
        let probe = try makeSocket(AF_UNIX)
        defer { close(probe) }
        // A live one may take no connection at the moment.
        if withSockaddr(address, { connect(probe, $0, $1) }) == 0 || errno != ECONNREFUSED {
            throw Problem("another process is serving on \(path) already")
        }
        unlink(path)
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
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0,
            Glibc.listen(descriptor, SOMAXCONN) == 0
        else {
            let code = errno
            close(descriptor)
            throw Problem("cannot listen on \(text): \(errorText(code))")
        }
        return descriptor
    }

    private static func withSockaddr(
        _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
