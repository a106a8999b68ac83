/// Comma-separated values (RFC 4180) that a spreadsheet opens as they are: UTF-8 with a byte order mark, and no text
/// that it would take for a formula, a number or a date.
package enum CSV {
    package enum Cell {
        case text(String?)
        case number(Int?)
        /// What a spreadsheet is to read as what it is: a date and time.
        case value(String)
    }

    package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// A line with its end.
    package static func line(_ cells: [Cell]) -> String {
        let fields = cells.map { cell in
            switch cell {
            case .text(let text): quoted(guarded(text ?? ""))
            case .value(let value): value
            case .number(let number): number.map { String($0) } ?? ""
            }
        }
        return fields.joined(separator: ",") + "\r\n"
    }

    /// Puts `'` before a text that a spreadsheet would not show as it is: one that begins like a formula, and digits
    /// that are no number, such as `0812000111`, whose zero would go, or `12345678901234567890`, which would be rounded.
    ///
    /// Where a semicolon or a tab parts cells, as in Excel for Indonesia, a comma parts none, a quote that does not begin
    /// a cell is a character, and what begins like a formula behind a semicolon is one. So `'` stands there as well, and
    /// at the beginning of each line of a text.
    private static func guarded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var isAtStart = true
        for byte in text.utf8 {
            // White space and quotes before a formula's first character do not always stop it.
            if isAtStart, "=+-@\t\r".utf8.contains(byte) { bytes.append(UInt8(ascii: "'")) }
            isAtStart = ";\t\r\n".utf8.contains(byte) || isAtStart && " \"".utf8.contains(byte)
            bytes.append(byte)
        }
        return guarded(number: String(decoding: bytes, as: UTF8.self))
    }

    private static func guarded(number text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { return text }
        let digits = bytes.filter { $0 &- UInt8(ascii: "0") < 10 }.count
        if digits == bytes.count { return first == UInt8(ascii: "0") && digits > 1 || digits > 11 ? "'" + text : text }
        // 1-2, 3/4, 12:30, 1.5 and 1E5 turn into dates, times and numbers.
        let isNumeric = digits > 0 && bytes.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || "-/:.,eE ".utf8.contains($0) }
        return isNumeric ? "'" + text : text
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
