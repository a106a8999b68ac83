/// The frame of a line of JSON that can be told from damage: `{"crc":"1a2b3c4d",…}` and a new line. The checksum is the
/// CRC-32C of everything between `"crc":"1a2b3c4d",` and the new line.
package enum ChecksummedLine {
    private static let prefix = Array(#"{"crc":"00000000","#.utf8)
    private static let digits = 8..<16

    /// A line, with its new line, from what follows the checksum and the checksum of that.
    package static func line(body: [UInt8], checksum: CRC32C) -> [UInt8] {
        var line = prefix
        line.replaceSubrange(digits, with: hexDigits(checksum.value))
        line.reserveCapacity(line.count + body.count + 1)
        line += body
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// What follows the checksum in a line (without its new line); `nil` if the line is not whole.
    package static func body(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.count > prefix.count else { return nil }
        let body = line.dropFirst(prefix.count)
        var checksum = CRC32C()
        checksum.update(body)
        for (index, byte) in prefix.enumerated() {
            let expected =
                digits.contains(index) ? hexDigit(index - digits.lowerBound, of: checksum.value) : byte
            guard line[line.startIndex + index] == expected else { return nil }
        }
        return body
    }

    /// Eight lower-case hex digits.
    private static func hexDigits(_ value: UInt32) -> [UInt8] {
        (0..<8).map { hexDigit($0, of: value) }
    }

    private static func hexDigit(_ index: Int, of value: UInt32) -> UInt8 {
        HexDigits.lower[Int(value >> (28 - 4 * index)) & 15]
    }
}
