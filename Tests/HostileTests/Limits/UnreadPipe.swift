import Glibc
import TestSupport

/// A pipe, full to the brim, whose reader reads nothing until he is told to.
final class UnreadPipe {
    private let input: Int32
    /// For the program that writes.
    let output: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (input, output) = (ends[0], ends[1])
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        let block = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
        while write(output, block, block.count) > 0 {}
        // The flag is the pipe end's own, and so the program's: its writes are to wait.
        _ = fcntl(output, F_SETFL, 0)
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(input)
        close(output)
    }

    /// What can be read now, less what filled the pipe.
    func read() -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = Glibc.read(input, &block, block.count), count > 0 { bytes += block[..<count] }
        return String(decoding: bytes.drop { $0 == UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
