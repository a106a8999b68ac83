/// Bytes that stand for themselves in a JSON string (RFC 8259, section 7): all but quotes, backslashes and control
/// characters.
enum PlainBytes {
    @inline(__always)
    static func contains(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private typealias Block = SIMD16<UInt8>
    private static let blockLength = 16

    /// How many of sixteen bytes do, from the first one on.
    @inline(__always)
    private static func count(_ block: Block) -> Int {
        let others =
            (block .< Block(repeating: 0x20)) .| (block .== Block(repeating: UInt8(ascii: "\"")))
            .| (block .== Block(repeating: UInt8(ascii: "\\")))
        // Eight bits, all set, for each byte that does not.
        let bits = unsafeBitCast(others, to: SIMD2<UInt64>.self)
        let first = UInt64(littleEndian: bits[0])
        return (first == 0 ? 64 + UInt64(littleEndian: bits[1]).trailingZeroBitCount : first.trailingZeroBitCount) / 8
    }

    /// The offset of the first byte at or behind `index` that does not; `bytes.count` if all do.
    static func end(in bytes: UnsafeBufferPointer<UInt8>, from index: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = index
        while index + blockLength <= bytes.count {
            let count = count(raw.loadUnaligned(fromByteOffset: index, as: Block.self))
            index += count
            if count < blockLength { return index }
        }
        while index < bytes.count, contains(bytes[index]) { index += 1 }
        return index
    }

    /// Copies the bytes at `source` up to the first one that does not.
    ///
    /// - Parameters:
    ///   - count: Bytes that there are.
    ///   - target: Has room for all of them.
    /// - Returns: How many it has copied.
    @inline(__always)
    static func copy(
        _ source: UnsafePointer<UInt8>, count: Int, into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var index = 0
        while index + blockLength <= count {
            let block = UnsafeRawPointer(source + index).loadUnaligned(as: Block.self)
            UnsafeMutableRawPointer(target + index).storeBytes(of: block, as: Block.self)
            let plain = self.count(block)
            index += plain
            if plain < blockLength { return index }
        }
        while index < count, contains(source[index]) {
            target[index] = source[index]
            index += 1
        }
        return index
    }
}
