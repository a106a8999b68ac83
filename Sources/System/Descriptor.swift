import Glibc

/// Reads and writes whatever has a descriptor: a file, a pipe, a socket, a terminal. The descriptor is the caller's.
///
/// Each call goes on where a signal interrupts it. Names are for errors.
package enum Descriptor {
    /// Reads once, into this part of a block.
    ///
    /// - Returns: How many bytes came; 0 at the end.
    package static func read(
        _ descriptor: Int32, _ name: String, into block: inout [UInt8], _ range: Range<Int>
    ) throws(LedgerError) -> Int {
        try systemCall("read", name) {
            block.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: range.lowerBound), range.count)
            }
        }
    }

    /// Reads up to the end, or at least `limit` bytes.
    package static func readAll(_ descriptor: Int32, _ name: String, limit: Int) throws(LedgerError) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: min(limit, 65_536))
        while bytes.count < limit {
            let count = try read(descriptor, name, into: &block, 0..<block.count)
            if count == 0 { break }
            bytes += block[..<count]
        }
        return bytes
    }

    /// Writes all of `bytes`.
    package static func write(
        _ bytes: [UInt8], to descriptor: Int32, _ name: @autoclosure () -> String
    ) throws(LedgerError) {
        try writeAll(bytes, name()) { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Hands all of `bytes` to a call that takes some of them at a time.
    static func writeAll(
        _ bytes: [UInt8], _ name: @autoclosure () -> String, by call: (UnsafeRawBufferPointer) -> Int
    ) throws(LedgerError) {
        var written = 0
        while written < bytes.count {
            let count = try systemCall("write", name()) {
                bytes.withUnsafeBytes { call(UnsafeRawBufferPointer(rebasing: $0[written...])) }
            }
            // A write of nothing without an error would repeat for ever; it means that there is no room.
            guard count > 0 else { throw .system(call: "write", path: name(), errno: ENOSPC) }
            written += count
        }
    }

    /// Waits until something can be read, or the end is there.
    ///
    /// - Parameter milliseconds: How long at most, from now on.
    /// - Returns: Whether it can.
    package static func hasInput(
        _ descriptor: Int32, _ name: String, within milliseconds: @autoclosure () -> Int32
    ) throws(LedgerError) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return try systemCall("poll", name) { poll(&state, 1, milliseconds()) } > 0
    }
}
