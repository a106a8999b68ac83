import Formats

extension JSONValue {
    /// An id, which may be a string or a number: the characters of a string without white space around them, the
    /// digits of a whole number. Anything else, and what only holds the place of a value, is none.
    var identifier: String? {
        switch self {
        case .string(let text): text.identifier
        case .number(let token): WholeNumber.digits(token).identifier
        case .object, .array, .bool, .null: nil
        }
    }

    /// An amount, which may be a string or a number. In a string a dot parts thousands; in a number it is a
    /// decimal point, and what is not whole is none.
    package var rupiah: Int? {
        switch self {
        case .string(let text): Rupiah.parse(text.utf8.trimmingWhiteSpace)
        case .number(let token): Int(WholeNumber.digits(token))
        case .object, .array, .bool, .null: nil
        }
    }
}

/// Numbers as JSON writes them, and as languages print them that know floating-point numbers only.
enum WholeNumber {
    /// `1.7E+12` could grow to any length. No file name is as long.
    private static let maximumDigits = 256

    /// The digits of a whole number, with its sign: `1732453000123.0` is `1732453000123`, `1.7E+12` is
    /// `1700000000000`. A number that is not whole stays as it was sent.
    static func digits(_ token: String) -> String {
        guard token.utf8.contains(where: { !$0.isDigit }) || token.utf8.first == UInt8(ascii: "0") else { return token }
        var digits: [UInt8] = []
        var exponent = 0
        var isBehindPoint = false
        var rest = Array(token.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        while let byte = rest.first, byte.isDigit || byte == UInt8(ascii: ".") {
            if byte.isDigit { digits.append(byte) } else { isBehindPoint = true }
            if byte.isDigit, isBehindPoint { exponent -= 1 }
            rest = rest.dropFirst()
        }
        if !rest.isEmpty {
            let sign = rest.dropFirst().first
            let power = rest.dropFirst(sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1)
            guard let power = decimal(power.drop { $0 == UInt8(ascii: "0") } + [UInt8(ascii: "0")]) else {
                return token
            }
            exponent += sign == UInt8(ascii: "-") ? -(power / 10) : power / 10
        }
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        while exponent < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return "0" }
        guard exponent >= 0, digits.count + exponent <= maximumDigits else { return token }
        digits += repeatElement(UInt8(ascii: "0"), count: exponent)
        return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }
}

extension BidirectionalCollection<UInt8> {
    var trimmingWhiteSpace: SubSequence {
        let start = firstIndex { !$0.isWhiteSpace } ?? endIndex
        let end = self[start...].lastIndex { !$0.isWhiteSpace }.map(index(after:)) ?? start
        return self[start..<end]
    }
}

extension String {
    /// Whether bytes that were not UTF-8 have been replaced in it, so that others could read the same.
    var hasReplacements: Bool { unicodeScalars.contains("\u{FFFD}") }

    /// The id that the text is in a callback: without white space around it; `nil` if nothing is left, or a placeholder.
    package var identifier: String? {
        var text = self
        let content = text.withUTF8 { bytes -> Range<Int>? in
            var (start, end) = (0, bytes.count)
            while start < end, bytes[start].isAnyWhiteSpace { start += 1 }
            while start < end, bytes[end - 1].isAnyWhiteSpace { end -= 1 }
            let content = UnsafeBufferPointer(rebasing: bytes[start..<end])
            return Placeholder.isOne(content) ? nil : start..<end
        }
        guard let content else { return nil }
        return content.count == text.utf8.count ? text : String(decoding: Array(text.utf8)[content], as: UTF8.self)
    }
}

extension UInt8 {
    /// White space of ASCII, also that which JSON does not know.
    fileprivate var isAnyWhiteSpace: Bool { self == UInt8(ascii: " ") || (9...13).contains(self) }
}
