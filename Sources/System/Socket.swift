import CLinux
import Glibc

/// Sockets of streams (socket(7)). A descriptor that is returned is the caller's.
package enum Socket {
    package static func make(_ family: Int32) throws(LedgerError) -> Int32 {
        try systemCall("socket", "a socket") { socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
    }

    package static func makeNonBlocking(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 { return }
        var isNonBlocking: Int32 = 1
        _ = ioctl(descriptor, UInt(FIONBIO), &isNonBlocking)
    }

    /// Lets connections come in.
    package static func listen(_ descriptor: Int32) throws(LedgerError) {
        try systemCall("listen", "a socket") { Glibc.listen(descriptor, SOMAXCONN) }
    }

    /// Takes a connection, which does not block.
    ///
    /// - Returns: `nil` where there is none any more: another process was faster, or who connected has gone.
    package static func accept(_ listener: Int32) throws(LedgerError) -> Int32? {
        let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        if descriptor >= 0 { return descriptor }
        var code = errno
        if isRefusal(code) {
            // Who watches over this process may know the older call alone.
            let accepted = Glibc.accept(listener, nil, nil)
            if accepted >= 0 {
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                makeNonBlocking(accepted)
                return accepted
            }
            code = errno
        }
        if [EAGAIN, EINTR, ECONNABORTED, EPROTO].contains(code) { return nil }
        throw .system(call: "accept4", path: "the socket", errno: code)
    }

    /// Lets a connection block, each step for so many seconds at most.
    package static func makeBlocking(_ descriptor: Int32, seconds: Int) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Tells the peer that nothing more comes.
    package static func endSending(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What a look at a connection that does not block brought.
    package enum Received {
        case bytes(Int)
        case nothing
        /// The peer sends no more, or is gone.
        case end

        package var count: Int { if case .bytes(let count) = self { count } else { 0 } }
    }

    package static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Received {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 || errno != EINTR && errno != EAGAIN { return .end }
            if errno == EAGAIN { return .nothing }
        }
    }

    /// Sends all of `bytes` on a connection that blocks. A peer who has gone is an error, and no signal.
    package static func send(_ bytes: [UInt8], to descriptor: Int32) throws(LedgerError) {
        try Descriptor.writeAll(bytes, "a socket") {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }
}

/// Where a unix socket is (unix(7)).
package struct UnixAddress {
    private var address = sockaddr_un()

    /// - Returns: `nil` for a path that is empty, or too long for a socket.
    package init?(_ path: String) {
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    package func bind(_ descriptor: Int32) throws(LedgerError) {
        try finalSystemCall("bind", "a socket") { with { Glibc.bind(descriptor, $0, $1) } }
    }

    package func connect(_ descriptor: Int32) throws(LedgerError) {
        try finalSystemCall("connect", "a socket") { with { Glibc.connect(descriptor, $0, $1) } }
    }

    private func with(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
