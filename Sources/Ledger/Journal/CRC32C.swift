/// The Castagnoli checksum (RFC 3720, appendix B.4), as it grows over pieces.
package struct CRC32C: Sendable {
    private var state: UInt32 = ~0

    package init() {}

    package var value: UInt32 { ~state }

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0x82F6_3B78 ^ (value >> 1) : value >> 1 }
    }
}
