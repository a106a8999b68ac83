import Formats

/// Walks over a report's text.
///
/// It knows whether the end was cut off: a token that touches the cut is no token, because nobody saw where it ends.
struct TextCursor {
    /// A label and where it stands.
    struct Label {
        var label: TextLabel
        var start: Int
        var end: Int
    }

    let bytes: [UInt8]
    let isCut: Bool
    var index = 0

    init(_ bytes: [UInt8], isCut: Bool) {
        self.bytes = bytes
        self.isCut = isCut
    }

    mutating func skipWhiteSpace() {
        index = bytes.skippingWhiteSpace(from: index)
    }

    /// Moves behind the next run of bytes without white space, and returns it.
    mutating func token() -> Range<Int>? {
        let start = bytes.skippingWhiteSpace(from: index)
        let end = bytes[start...].firstIndex(where: \.isWhiteSpace) ?? bytes.count
        guard end > start, !(isCut && end == bytes.count) else { return nil }
        index = end
        return start..<end
    }

    /// Moves behind `word`, if it is the next token.
    mutating func skip(_ word: StaticString) -> Bool {
        let before = index
        if let next = token(), next.count == word.utf8CodeUnitCount, bytes.hasWord(word, at: next.lowerBound) {
            return true
        }
        index = before
        return false
    }

    /// Moves behind the label, if it comes next.
    mutating func skip(_ label: TextLabel) -> Bool {
        let start = bytes.skippingWhiteSpace(from: index)
        guard bytes.hasWord(label.word, at: start) else { return false }
        index = start + label.word.utf8CodeUnitCount
        return true
    }

    /// Moves behind the next word of letters and the dots at its end, and returns it without them, if it can be a
    /// status word here.
    ///
    /// - Parameter onlyKnown: Only a word from the list of them will do. Any other one needs to be the last of its
    ///   sentence: half a sentence is no status.
    mutating func statusWord(onlyKnown: Bool) -> String? {
        let start = bytes.skippingWhiteSpace(from: index)
        let end = bytes[start...].firstIndex { !$0.isLetter } ?? bytes.count
        guard end > start, !(isCut && end == bytes.count) else { return nil }
        let stop = end < bytes.count ? bytes[end] : UInt8(ascii: ".")
        let endsSentence = stop == UInt8(ascii: ".")
        guard endsSentence || stop == UInt8(ascii: ",") || stop.isWhiteSpace else { return nil }
        if Status(word: bytes[start..<end]) == nil {
            let next = bytes.skippingWhiteSpace(from: end)
            guard !onlyKnown, endsSentence || label(at: next) != nil || (next == bytes.count && !isCut) else {
                return nil
            }
        }
        let word = bytes.text(start..<end)
        index = end
        while index < bytes.count, bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ",") { index += 1 }
        return word
    }

    /// The first label from `start` on that ends the head.
    func firstLabel(from start: Int) -> Label? {
        for index in start..<bytes.count where isBoundary(index) {
            if let found = label(at: index), found.label.endsHead { return found }
        }
        return nil
    }

    /// The first place of one label in a range.
    func first(_ label: TextLabel, in range: Range<Int>) -> Label? {
        for index in range where isBoundary(index) && bytes.hasWord(label.word, at: index) {
            return Label(label: label, start: index, end: index + label.word.utf8CodeUnitCount)
        }
        return nil
    }

    /// The last place of one label in a range.
    func last(_ label: TextLabel, in range: Range<Int>) -> Label? {
        for index in range.reversed() where isBoundary(index) && bytes.hasWord(label.word, at: index) {
            return Label(label: label, start: index, end: index + label.word.utf8CodeUnitCount)
        }
        return nil
    }

    private func isBoundary(_ index: Int) -> Bool {
        index == 0 || bytes[index - 1].isWhiteSpace || bytes[index - 1] == UInt8(ascii: ".")
    }

    private func label(at index: Int) -> Label? {
        for label in TextLabel.allCases where bytes.hasWord(label.word, at: index) {
            return Label(label: label, start: index, end: index + label.word.utf8CodeUnitCount)
        }
        return nil
    }
}
