import CLinux

/// The Castagnoli checksum (RFC 3720, appendix B.4), as it grows over pieces.
package struct CRC32C: Sendable {
    private var state: UInt32 = ~0

    package init() {}

    package var value: UInt32 { ~state }

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { updateBuffer($0) }
        if isDone == nil { Array(bytes).withUnsafeBufferPointer { updateBuffer($0) } }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        bytes.withMemoryRebound(to: UInt8.self) { updateBuffer($0) }
    }

    private mutating func updateBuffer(_ bytes: UnsafeBufferPointer<UInt8>) {
        if Self.hasInstruction {
            state = crc32c_by_instruction(state, bytes.baseAddress, bytes.count)
        } else {
            updateByTables(bytes)
        }
    }

    private static let hasInstruction = has_crc32c_instruction() != 0

    /// For processors without the instruction. Eight bytes at a time: their tables can be looked up side by side.
    mutating func updateByTables(_ bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var state = state
        var index = 0
        Self.tables.withUnsafeBufferPointer { tables in
            while raw.count - index >= 8 {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                var mixed = word ^ UInt64(state)
                state = 0
                for table in stride(from: 7 * 256, through: 0, by: -256) {
                    state ^= tables[table + Int(mixed & 0xFF)]
                    mixed >>= 8
                }
                index += 8
            }
            while index < raw.count {
                state = tables[Int((state ^ UInt32(raw[index])) & 0xFF)] ^ (state >> 8)
                index += 1
            }
        }
        self.state = state
    }

    /// Eight tables of 256, one behind the other: what a byte comes to that 0 to 7 others follow.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        tables.reserveCapacity(2048)
        for index in 0..<256 as Range<UInt32> {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? 0x82F6_3B78 ^ (value >> 1) : value >> 1 }
            tables.append(value)
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()
}
