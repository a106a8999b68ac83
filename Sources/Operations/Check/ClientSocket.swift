import Glibc
import System

/// A connection to a server, with a limit on how long each step may take.
struct ClientSocket: ~Copyable {
    /// Which link of the chain broke.
    enum Failure: Error, Equatable {
        case address(String)
        case connect(errno: Int32)
        case exchange(errno: Int32)

        var words: String {
            switch self {
            case .address(let reason): reason
            case .connect(let code), .exchange(let code): errorText(code)
            }
        }
    }

    private static let timeoutSeconds = 10

    private let descriptor: Int32

    /// Connects to a unix socket.
    init(unix path: String) throws(Failure) {
        descriptor = try Self.connected(unix: path)
    }

    /// Connects to a port of a host, at the first of its addresses that answers.
    ///
    /// - Parameter isNumeric: The host is an address, and no name server is to be asked.
    init(host: String, port: String, isNumeric: Bool = false) throws(Failure) {
        descriptor = try Self.connected(host: host, port: port, isNumeric: isNumeric)
    }

    private static func connected(unix path: String) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .address("the path is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = try make(AF_UNIX)
        let code = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        if code != 0 {
            close(descriptor)
            throw .connect(errno: code)
        }
        return descriptor
    }

    private static func connected(host: String, port: String, isNumeric: Bool) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = isNumeric ? AI_NUMERICHOST | AI_NUMERICSERV : AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &found)
        guard code == 0 else { throw .address(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(found) }
        var reason = ENOENT
        var next = found
        while let address = next?.pointee {
            let descriptor = try make(address.ai_family)
            if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                return descriptor
            }
            reason = errno
            close(descriptor)
            next = address.ai_next
        }
        throw .connect(errno: reason)
    }

    deinit {
        close(descriptor)
    }

    private static func make(_ family: Int32) throws(Failure) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .connect(errno: errno) }
        // Connecting obeys the time for sending (socket(7)).
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        return descriptor
    }

    func send(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .exchange(errno: errno) }
            sent += count
        }
    }

    /// All that comes until the server has nothing more to say, or `limit` bytes.
    func receiveAll(limit: Int = 65_536) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = block.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .exchange(errno: errno) }
            if count == 0 { break }
            bytes += block[..<count]
        }
        return bytes
    }
}
