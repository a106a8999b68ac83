import Formats

/// JSON strings of which not every byte is as it should be.
enum DamagedString {
    /// Decodes the escapes that are valid and keeps everything else as it is.
    ///
    /// - Parameter isCut: The end is missing, so an escape or character that it broke is dropped.
    static func decoded(_ bytes: ArraySlice<UInt8>, isCut: Bool = false) -> String {
        let bytes = Array(bytes)
        var decoded = ByteBuffer(capacity: bytes.count)
        var index = 0
        while index < bytes.count {
            do {
                index = try JSONEscape.decodeTolerantly(bytes, at: index, into: &decoded)
            } catch {
                if isCut { break }
                decoded.append(bytes[index])
                index += 1
            }
        }
        let text = decoded.text
        return isCut && text.unicodeScalars.last == "\u{FFFD}" ? String(text.unicodeScalars.dropLast()) : text
    }

    /// The JSON object inside a string that is no valid JSON string any more: `"{…` with or without its end, or `{\"…`
    /// with one round of escapes too many. `nil` where the text does not begin so.
    static func opened(_ bytes: [UInt8]) -> String? {
        var inside = bytes.trimmingWhiteSpace
        let quote = UInt8(ascii: "\"")
        let isQuoted = inside.first == quote
        if isQuoted {
            inside = inside.dropFirst()
            if inside.last == quote, !bytes.isEscaped(at: inside.endIndex - 1),
                inside.dropLast().trimmingWhiteSpace.last == UInt8(ascii: "}")
            {
                inside = inside.dropLast()
            }
        }
        let brace = bytes.skippingWhiteSpace(from: inside.startIndex)
        guard brace < inside.endIndex, bytes[brace] == UInt8(ascii: "{") else { return nil }
        let firstKey = bytes.skippingWhiteSpace(from: brace + 1)
        let isEscaped =
            firstKey + 1 < inside.endIndex && bytes[firstKey] == UInt8(ascii: "\\")
            && bytes[firstKey + 1] == quote
        if isEscaped { return decoded(inside, isCut: true) }
        return isQuoted ? String(decoding: inside, as: UTF8.self) : nil
    }
}
