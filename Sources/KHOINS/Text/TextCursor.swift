import Formats

/// Walks over a report's text.
///
/// It knows whether the end was cut off: a token that touches the cut is no token, because nobody saw where it ends.
struct TextCursor {
    /// A label and where it stands.
    struct Label {
        var label: TextLabel
        var start: Int
        /// The offset behind its colon.
        var end: Int
    }

    let bytes: [UInt8]
    let isCut: Bool
    /// Behind the last byte that is not white space.
    let contentEnd: Int
    var index = 0

    init(_ bytes: [UInt8], isCut: Bool) {
        self.bytes = bytes
        self.isCut = isCut
        contentEnd = bytes.skippingWhiteSpaceBack(from: bytes.count)
    }

    mutating func skipWhiteSpace() {
        index = bytes.skippingWhiteSpace(from: index)
    }

    /// Moves behind the next run of bytes without white space, and returns it.
    mutating func token() -> Range<Int>? {
        let start = bytes.skippingWhiteSpace(from: index)
        var end = start
        while end < bytes.count, !bytes[end].isWhiteSpace { end += 1 }
        guard end > start, !(isCut && end == bytes.count) else { return nil }
        index = end
        return start..<end
    }

    /// Moves behind `word`, if it is the next token.
    mutating func skip(_ word: StaticString) -> Bool {
        let before = index
        if let next = token(), isWord(word, next) { return true }
        index = before
        return false
    }

    func isWord(_ word: StaticString, _ token: Range<Int>) -> Bool {
        token.count == word.utf8CodeUnitCount && bytes.hasWord(word, at: token.lowerBound)
    }

    /// Moves behind `Harga:` and its amount, where that comes next, and returns the amount's range. Without a colon an
    /// amount has to follow.
    mutating func price() -> Range<Int>? {
        let before = index
        let start = bytes.skippingWhiteSpace(from: index)
        if let label = label(at: start), label.label == .price {
            index = label.end
        } else if bytes.hasWord("harga ", at: start) || bytes.hasWord("hrg ", at: start) {
            index = start
            _ = token()
            skipWhiteSpace()
            guard index < bytes.count, bytes[index].isDigit || bytes[index] == UInt8(ascii: "-") else {
                index = before
                return nil
            }
        } else {
            return nil
        }
        guard let amount = token() else {
            index = before
            return nil
        }
        return amount
    }

    /// Whether a token can be nothing but an amount, in whatever spelling.
    func isAmount(_ token: Range<Int>) -> Bool {
        let digits = bytes.hasWord(TextWords.currency, at: token.lowerBound) ? bytes[token].dropFirst(2) : bytes[token]
        return digits.contains(where: \.isDigit)
            && digits.allSatisfy { $0.isAmountCharacter || $0 == UInt8(ascii: ",") }
    }

    /// A token without the dot or comma that parts it from what follows.
    func withoutPunctuation(_ token: Range<Int>) -> Range<Int> {
        var end = token.upperBound
        while end > token.lowerBound, bytes[end - 1] == UInt8(ascii: ".") || bytes[end - 1] == UInt8(ascii: ",") {
            end -= 1
        }
        return token.lowerBound..<end
    }

    /// Whether nothing but white space and punctuation stands in a range, which may be empty.
    func isPunctuation(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { $0.isWhiteSpace || $0.endsStatusWord }
    }

    /// Moves behind the word of letters at the cursor, if it fills the status position: behind it, and behind the
    /// punctuation and the prices that may follow it, the text ends or a label begins. In a text that was cut off
    /// only a label proves that nothing else followed.
    ///
    /// - Parameters:
    ///   - onlyKnown: Only a word from the list of them will do.
    ///   - needsLabel: The end of the text will not do.
    mutating func statusWord(onlyKnown: Bool, needsLabel: Bool) -> Range<Int>? {
        let start = bytes.skippingWhiteSpace(from: index)
        let end = endOfLetters(from: start)
        guard end > start, !onlyKnown || Status(word: bytes[start..<end]) != nil else { return nil }
        var next = self
        next.index = bytes.skippingWhiteSpace(from: end)
        while next.index < bytes.count, bytes[next.index].endsStatusWord { next.index += 1 }
        guard next.index == bytes.count || next.index > end else { return nil }
        while let price = next.price() {
            guard isAmount(price) else { return nil }
        }
        next.skipWhiteSpace()
        guard next.index == bytes.count ? !isCut && !needsLabel : next.isAtLabel else { return nil }
        index = next.index
        return start..<end
    }

    private var isAtLabel: Bool {
        var name = self
        if name.skip(TextWords.remaining) { name.skipWhiteSpace() }
        if let label = label(at: name.index), label.start == index {
            // What stands behind `Harga:` has been looked at, where it was seen.
            if label.label == .price { return !isCut }
            guard label.label == .balance else { return true }
            let amount = bytes.skippingWhiteSpace(from: label.end)
            guard amount < bytes.count else { return !isCut }
            return bytes[amount].isDigit || bytes[amount] == UInt8(ascii: "-")
                || bytes.hasWord(TextWords.currency, at: amount)
        }
        // A label that nothing follows, not even its colon.
        if !isCut, TextLabel(bytes, index..<contentEnd) != nil { return true }
        // A balance without a colon is known by the time that ends the text; so is a time alone.
        guard !isCut, let time = ProviderTime.mark(in: bytes, endingAt: contentEnd) else { return false }
        return time == index || closing(.balance, before: time, from: index)?.start == index
    }

    /// The first label from `start` on that ends the head.
    func firstLabel(from start: Int) -> Label? {
        var index = start
        while index < bytes.count {
            if isBoundary(index), let found = label(at: index), found.label.endsHead { return found }
            index += 1
        }
        return nil
    }

    /// The first place of one label in a range.
    func first(_ label: TextLabel, in range: Range<Int>) -> Label? {
        for index in range where isBoundary(index) {
            if let found = self.label(at: index), found.label == label { return found }
        }
        return nil
    }

    /// The last place of one label in a range.
    func last(_ label: TextLabel, in range: Range<Int>) -> Label? {
        for index in range.reversed() where isBoundary(index) {
            if let found = self.label(at: index), found.label == label { return found }
        }
        return nil
    }

    func isBoundary(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = bytes[index - 1]
        return before.isWhiteSpace || before.separatesParts
    }

    private func label(at index: Int) -> Label? {
        let nameEnd = endOfLetters(from: index)
        guard nameEnd > index, nameEnd < bytes.count else { return nil }
        guard bytes[nameEnd] == UInt8(ascii: "/") || TextLabel.canBegin(with: bytes[index]) else { return nil }
        var label: TextLabel?
        var end = nameEnd
        if bytes[nameEnd] == UInt8(ascii: "/") {
            end = endOfLetters(from: nameEnd + 1)
            let second = (nameEnd + 1)..<end
            guard !second.isEmpty else { return nil }
            let isOne = TextLabel(bytes, index..<nameEnd) == .serialNumber || TextLabel(bytes, second) == .serialNumber
            label = isOne ? .serialNumber : nil
        } else {
            label = TextLabel(bytes, index..<nameEnd)
        }
        guard let label else { return nil }
        let colon = bytes.skippingWhiteSpace(from: end)
        guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { return nil }
        return Label(label: label, start: start(of: label, at: index), end: colon + 1)
    }

    private func endOfLetters(from index: Int) -> Int {
        var end = index
        while end < bytes.count, bytes[end].isLetter { end += 1 }
        return end
    }

    /// Where a label begins with the word that may stand in front of it: `Sisa Saldo`.
    private func start(of label: TextLabel, at index: Int) -> Int {
        guard label == .balance else { return index }
        let wordEnd = bytes.skippingWhiteSpaceBack(from: index)
        let start = wordEnd - TextWords.remaining.utf8CodeUnitCount
        guard wordEnd < index, start >= 0, bytes.hasWord(TextWords.remaining, at: start), isBoundary(start) else {
            return index
        }
        return start
    }
}

extension TextCursor {
    /// A label with an amount at the end of a value.
    struct Closing {
        /// Where it begins: at the label, or at the dot, comma or semicolon in front of it.
        var start: Int
        var hasDot: Bool
        /// `nil` for a sum, and for an amount with `Rp` in front.
        var amount: Int?
    }

    /// `[Sisa ]Saldo[:] <amount>` or `Harga[:] <amount>` that ends at `end` and begins at `lower` or behind it. In
    /// place of the amount a sum may stand (`10.000 - 3.000 = 7.000`), and `Rp` in front.
    ///
    /// Looks at that much of the text only.
    func closing(_ label: TextLabel, before end: Int, from lower: Int) -> Closing? {
        let amountEnd = bytes.skippingWhiteSpaceBack(from: end)
        var amountStart = amountEnd
        while amountStart > lower, bytes[amountStart - 1].isAmountCharacter { amountStart -= 1 }
        if amountStart < amountEnd, bytes[amountStart] == UInt8(ascii: ".") { amountStart += 1 }
        guard var amount = Rupiah.parse(bytes[amountStart..<amountEnd]).map(Optional.some) else { return nil }
        let sumEnd = bytes.skippingWhiteSpaceBack(from: amountStart)
        if sumEnd > lower, bytes[sumEnd - 1] == UInt8(ascii: "=") {
            amountStart = sumEnd
            while amountStart > lower, bytes[amountStart - 1].isSumCharacter { amountStart -= 1 }
            amountStart = bytes.skippingWhiteSpace(from: amountStart)
            amount = nil
        }
        if let currency = currency(before: amountStart, from: lower) {
            amountStart = currency
            amount = nil
        }
        var nameEnd = bytes.skippingWhiteSpaceBack(from: amountStart)
        if nameEnd > lower, bytes[nameEnd - 1] == UInt8(ascii: ":") {
            nameEnd = bytes.skippingWhiteSpaceBack(from: nameEnd - 1)
        } else if nameEnd == amountStart {
            return nil
        }
        var nameStart = nameEnd
        while nameStart > lower, bytes[nameStart - 1].isLetter { nameStart -= 1 }
        guard nameStart < nameEnd, nameStart == lower || isBoundary(nameStart),
            TextLabel(bytes, nameStart..<nameEnd) == label
        else { return nil }
        return closing(from: max(start(of: label, at: nameStart), lower), lower: lower, amount: amount)
    }

    /// Where `Rp` or `Rp.` begins that stands before an amount.
    private func currency(before amount: Int, from lower: Int) -> Int? {
        var end = bytes.skippingWhiteSpaceBack(from: amount)
        if end > lower, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        let start = end - TextWords.currency.utf8CodeUnitCount
        guard start > lower, bytes.hasWord(TextWords.currency, at: start) else { return nil }
        return bytes[start - 1].isLetter ? nil : start
    }

    private func closing(from start: Int, lower: Int, amount: Int?) -> Closing {
        let separator = bytes.skippingWhiteSpaceBack(from: start) - 1
        guard separator >= lower, bytes[separator].separatesParts else {
            return Closing(start: start, hasDot: false, amount: amount)
        }
        return Closing(start: separator, hasDot: bytes[separator] == UInt8(ascii: "."), amount: amount)
    }
}

extension UInt8 {
    /// What may part one value from the label of the next.
    var separatesParts: Bool { self == UInt8(ascii: ".") || self == UInt8(ascii: ",") || self == UInt8(ascii: ";") }

    fileprivate var endsStatusWord: Bool {
        self == UInt8(ascii: ".") || self == UInt8(ascii: ",") || self == UInt8(ascii: "!") || self == UInt8(ascii: ":")
    }

    /// What a sum is written with.
    fileprivate var isSumCharacter: Bool {
        isAmountCharacter || isWhiteSpace || self == UInt8(ascii: "+") || self == UInt8(ascii: "=")
    }

    var isAmountCharacter: Bool { isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") }
}
