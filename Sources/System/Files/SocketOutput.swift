import CLinux
import Glibc

/// Bytes for a peer that may read slowly.
package enum SocketOutput {
    /// Sends all of them (send(2)), waiting where the peer's end of the socket is full.
    ///
    /// - Returns: Whether all were taken before the deadline.
    package static func send(_ bytes: [UInt8], to descriptor: Int32, before deadline: Deadline) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR, !deadline.hasPassed else { return false }
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&state, 1, deadline.remainingMilliseconds)
        }
        return true
    }
}
