import Foundation

/// Both ends of a pipe, closed with their value; programs that are started do not get them by accident.
struct Pipe: ~Copyable {
    let readEnd: Int32
    private(set) var writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw ChildProcess.Failure(description: "pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        if writeEnd >= 0 { close(writeEnd) }
    }

    /// Puts bytes in, no more than fit into an empty pipe without a reader, and closes this end.
    mutating func fill(_ bytes: [UInt8]) {
        precondition(bytes.count <= 65_536)
        _ = bytes.withUnsafeBytes { write(writeEnd, $0.baseAddress, $0.count) }
        closeWriteEnd()
    }

    mutating func closeWriteEnd() {
        close(writeEnd)
        writeEnd = -1
    }

    /// Everything that comes until all writers have closed their ends.
    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = block.withUnsafeMutableBytes({ read(readEnd, $0.baseAddress, $0.count) }), count > 0 {
            bytes += block[..<count]
        }
        return bytes
    }
}
