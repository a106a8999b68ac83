/// The frame of a line of JSON that can be told from damage: `{"crc":"1a2b3c4d",…}` and a new line. The checksum is the
/// CRC-32C of everything between `"crc":"1a2b3c4d",` and the new line.
package enum ChecksummedLine {
    private static let prefix = Array(#"{"crc":"00000000","#.utf8)
    private static let opening = Array(#"{"crc":""#.utf8)
    private static let digits = 8..<16

    /// Appends a line, with its new line.
    ///
    /// - Parameter body: Appends what follows the checksum, the closing brace included.
    package static func append(to bytes: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes += prefix
        body(&bytes)
        var checksum = CRC32C()
        checksum.update(bytes[(start + prefix.count)...])
        for index in 0..<digits.count {
            bytes[start + digits.lowerBound + index] = hexDigit(index, of: checksum.value)
        }
        bytes.append(UInt8(ascii: "\n"))
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

    /// Where a line may begin at the end of a damaged stretch: a page that was lost may have hidden a new line, so the
    /// last line in the stretch can be whole all the same. `nil` if none begins behind the stretch's own beginning.
    package static func lastStart(in stretch: ArraySlice<UInt8>) -> Int? {
        var candidate = stretch.endIndex - opening.count
        while candidate > stretch.startIndex {
            if stretch[candidate] == opening[0], stretch[candidate...].starts(with: opening) { return candidate }
            candidate -= 1
        }
        return nil
    }

    private static func hexDigit(_ index: Int, of value: UInt32) -> UInt8 {
        HexDigits.lower[Int(value >> (28 - 4 * index)) & 15]
    }
}
