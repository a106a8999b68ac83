/// Bytes as the ASCII characters that KHOINS's texts are built of.
extension UInt8 {
    var isWhiteSpace: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r")
            || self == UInt8(ascii: "\t")
    }

    var isLetter: Bool { lowercased &- UInt8(ascii: "a") < 26 }

    /// Whether this is a quote of either kind.
    var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    package var lowercased: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }
}

extension Collection<UInt8> {
    /// Whether the bytes are `word`, which is in lower case, in any case.
    package func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        var index = startIndex
        for offset in 0..<word.utf8CodeUnitCount {
            guard self[index].lowercased == word.utf8Start[offset] else { return false }
            formIndex(after: &index)
        }
        return true
    }
}

extension [UInt8] {
    /// Whether the bytes at `index` are `word`, which is in lower case, in any case.
    func hasWord(_ word: StaticString, at index: Int) -> Bool {
        guard index + word.utf8CodeUnitCount <= count else { return false }
        for offset in 0..<word.utf8CodeUnitCount where self[index + offset].lowercased != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// The first offset at or behind `index` that is not white space, at most `count`.
    func skippingWhiteSpace(from index: Int) -> Int {
        var index = index
        while index < count, self[index].isWhiteSpace { index += 1 }
        return index
    }

    /// The least offset with nothing but white space between it and `index`.
    func skippingWhiteSpaceBack(from index: Int) -> Int {
        var index = index
        while index > 0, self[index - 1].isWhiteSpace { index -= 1 }
        return index
    }

    /// Whether the byte at `index` is the object of an escape: an odd number of backslashes stands before it.
    ///
    /// Linear in the backslashes before `index`.
    package func isEscaped(at index: Int) -> Bool {
        var start = index
        while start > 0, self[start - 1] == UInt8(ascii: "\\") { start -= 1 }
        return (index - start) % 2 == 1
    }
}
