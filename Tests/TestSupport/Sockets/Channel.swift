import Glibc

/// The two ends of a pipe or of a pair of sockets, closed with this value.
package final class Channel {
    package let input: Int32
    package let output: Int32
    private let isFull: Bool

    /// - Parameter isFull: Fills it to the brim, with line ends: who writes has to wait until somebody reads.
    package init(isSocket: Bool = false, isFull: Bool = false) {
        var ends: [Int32] = [-1, -1]
        if isSocket {
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        } else {
            pipe(&ends)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (input, output) = (ends[0], ends[1])
        self.isFull = isFull
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        guard isFull else { return }
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        let block = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
        while write(output, block, block.count) > 0 {}
        // The flag is the end's own, and so the program's: its writes are to wait.
        _ = fcntl(output, F_SETFL, 0)
    }

    deinit {
        close(input)
        close(output)
    }

    /// What can be read now, less what filled it.
    package func read() -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = Glibc.read(input, &block, block.count), count > 0 { bytes += block[..<count] }
        return String(decoding: bytes.drop { isFull && $0 == UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
