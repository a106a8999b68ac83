/// Escapes inside JSON strings (RFC 8259, section 7).
package enum JSONEscape {
    /// Appends what the escape whose backslash is at `index` stands for, and returns the offset behind it.
    ///
    /// A surrogate without its other half reads as U+FFFD. Nothing is appended on throw.
    static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, into decoded: inout ByteBuffer
    ) throws(JSONParser.Failure) -> Int {
        guard index + 1 < bytes.count else { throw JSONParser.Failure(reason: .endOfInput, offset: bytes.count) }
        let letter = bytes[index + 1]
        let character: UInt8
        switch letter {
        case _ where isItself(letter): character = letter
        case UInt8(ascii: "b"): character = 0x08
        case UInt8(ascii: "f"): character = 0x0C
        case UInt8(ascii: "n"): character = 0x0A
        case UInt8(ascii: "r"): character = 0x0D
        case UInt8(ascii: "t"): character = 0x09
        case UInt8(ascii: "u"): return try unicode(bytes, at: index, into: &decoded)
        default: throw JSONParser.Failure(reason: .badEscape, offset: index)
        }
        decoded.append(character)
        return index + 2
    }

    /// The same for a byte that is perhaps no escape, or a wrong one: `\'` is an apostrophe, and everything else that
    /// means nothing stands for itself. Throws only where the bytes end inside an escape.
    package static func decodeTolerantly(
        _ bytes: [UInt8], at index: Int, into decoded: inout ByteBuffer
    ) throws(JSONParser.Failure) -> Int {
        try bytes.withUnsafeBufferPointer { (bytes) throws(JSONParser.Failure) in
            try decodeTolerantly(bytes, at: index, into: &decoded)
        }
    }

    static func decodeTolerantly(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, into decoded: inout ByteBuffer
    ) throws(JSONParser.Failure) -> Int {
        if bytes[index] == UInt8(ascii: "\\") {
            do {
                return try decode(bytes, at: index, into: &decoded)
            } catch {
                if error.reason == .endOfInput { throw error }
            }
            if bytes[index + 1] == UInt8(ascii: "'") {
                decoded.append(bytes[index + 1])
                return index + 2
            }
        }
        decoded.append(bytes[index])
        return index + 1
    }

    /// Whether a byte behind a backslash stands for itself.
    @inline(__always)
    static func isItself(_ letter: UInt8) -> Bool {
        letter == UInt8(ascii: "\"") || letter == UInt8(ascii: "\\") || letter == UInt8(ascii: "/")
    }

    private static func unicode(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, into decoded: inout ByteBuffer
    ) throws(JSONParser.Failure) -> Int {
        let unit = try codeUnit(bytes, at: index)
        var scalar = Unicode.Scalar(unit)
        var end = index + 6
        if unit & 0xFC00 == 0xD800, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\\"),
            bytes[end + 1] == UInt8(ascii: "u")
        {
            let low = try codeUnit(bytes, at: end)
            if low & 0xFC00 == 0xDC00 {
                scalar = Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10) + UInt32(low & 0x3FF))
                end += 6
            }
        }
        decoded.append(scalar ?? "\u{FFFD}")
        return end
    }

    private static func codeUnit(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) throws(JSONParser.Failure) -> UInt16 {
        var unit: UInt16 = 0
        for offset in (index + 2)..<(index + 6) {
            guard offset < bytes.count else { throw JSONParser.Failure(reason: .endOfInput, offset: bytes.count) }
            guard let digit = HexDigits.value(of: bytes[offset]) else {
                throw JSONParser.Failure(reason: .badEscape, offset: index)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
