import Glibc

extension [UInt8] {
    /// Whether all bytes are below 0x80.
    package var isASCII: Bool {
        withUnsafeBytes { bytes in
            var highBits: UInt64 = 0
            var index = 0
            while index + 8 <= bytes.count {
                highBits |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < bytes.count {
                highBits |= UInt64(bytes[index])
                index += 1
            }
            return highBits & 0x8080_8080_8080_8080 == 0
        }
    }

    /// Whether the bytes are the same. Compared one by one, as `==` does it, they take ten times as long.
    package func hasSameBytes(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                guard let own = own.baseAddress, let other = other.baseAddress else { return true }
                return memcmp(own, other, count) == 0
            }
        }
    }

    package func text(_ range: Range<Int>) -> String {
        withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    var isUTF8: Bool { isASCII || String(validating: self, as: UTF8.self) != nil }
}
