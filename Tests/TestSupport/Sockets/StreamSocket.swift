import Glibc

/// Where a server listens.
package enum Address: Sendable {
    /// A port of 127.0.0.1.
    case tcp(UInt16)
    case unix(String)

    /// As the executable's `--listen` takes it.
    package var text: String {
        switch self {
        case .tcp(let port): "127.0.0.1:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// A connected or a listening socket of the tests' own.
package final class StreamSocket: Sendable {
    package let descriptor: Int32

    /// Seconds that a peer may stay silent.
    private static let patience = 60

    /// Connects; throws where nobody listens.
    package init(connectingTo address: Address) throws {
        descriptor = try Self.make(address)
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, length)
        guard Self.with(address, { connect(descriptor, $0, $1) }) == 0 else {
            throw SystemFailure("connect \(address.text)")
        }
    }

    package init(listeningOn address: Address) throws {
        descriptor = try Self.make(address)
        guard Self.with(address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 128) == 0 else {
            throw SystemFailure("listen \(address.text)")
        }
        if case .unix(let path) = address { chmod(path, 0o666) }
    }

    deinit {
        close(descriptor)
    }

    /// Sends bytes; a peer that has heard enough and hangs up is no error, for it may have answered.
    ///
    /// - Returns: Whether it took all of them.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    package func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Reads what is there, at most 64 KiB; empty at the end.
    package func read() throws -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ECONNRESET { return [] }
            guard count >= 0 else { throw SystemFailure("read") }
            return Array(block[..<count])
        }
    }

    package func readToEnd() throws -> [UInt8] {
        var all: [UInt8] = []
        while case let more = try read(), !more.isEmpty { all += more }
        return all
    }

    private static func make(_ address: Address) throws -> Int32 {
        let family = if case .tcp = address { AF_INET } else { AF_UNIX }
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket") }
        return descriptor
    }

    private static func with(_ address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch address {
        case .tcp(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return rebound(name, body)
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
            return rebound(name, body)
        }
    }

    private static func rebound<Name>(_ name: Name, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafeBytes(of: name) { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }
}
