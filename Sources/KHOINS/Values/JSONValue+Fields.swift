import Formats

extension JSONValue {
    /// An id, which may be a string or a number: its characters as sent. Anything else, or an empty string, is none.
    var identifier: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let token): token
        case .object, .array, .bool, .null: nil
        }
    }

    /// An amount, which may be a string or a number. In a string a dot parts thousands; in a number it would be a
    /// decimal point, so such a number is none.
    package var rupiah: Int? {
        switch self {
        case .string(let text): Rupiah.parse(text.utf8.trimmingWhiteSpace)
        case .number: integer
        case .object, .array, .bool, .null: nil
        }
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
}
