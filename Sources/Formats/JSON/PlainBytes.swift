/// Bytes that stand for themselves in a JSON string (RFC 8259, section 7): all but quotes, backslashes and control
/// characters.
enum PlainBytes {
    static func contains(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// How many of eight bytes do, from the first one in memory on.
    static func count(_ word: UInt64) -> Int {
        let word = UInt64(littleEndian: word)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        // Each leaves the high bit of the first byte set that it looks for; what a borrow sets lies behind that.
        let controls = (word &- (ones &* 0x20)) & ~word
        let found = controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        return (found & highBits).trailingZeroBitCount / 8
    }

    /// The offset of the first byte at or behind `index` that does not; `bytes.count` if all do.
    static func end(in bytes: UnsafeBufferPointer<UInt8>, from index: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = index
        while index + 8 <= bytes.count {
            let count = count(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += count
            if count < 8 { return index }
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
        while index + 8 <= count {
            let word = UnsafeRawPointer(source + index).loadUnaligned(as: UInt64.self)
            UnsafeMutableRawPointer(target + index).storeBytes(of: word, as: UInt64.self)
            let plain = self.count(word)
            index += plain
            if plain < 8 { return index }
        }
        while index < count, contains(source[index]) {
            target[index] = source[index]
            index += 1
        }
        return index
    }
}
