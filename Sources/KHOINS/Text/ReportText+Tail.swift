extension ReportText {
    /// What stands behind the status word: serial number or reason, balance, time.
    ///
    /// - Parameters:
    ///   - cursor: Behind the status word and its punctuation, or in the head where no word is in its place.
    ///   - label: The first one behind the head.
    ///   - status: What the word in its place means.
    ///   - isDirect: Whether nothing but punctuation stands between what was read of the head and the label.
    mutating func readTail(_ cursor: TextCursor, label: TextCursor.Label?, status: Status?, isDirect: Bool) {
        let end = cursor.end(ofValuesFrom: label?.end ?? cursor.index)
        let timeMark = cursor.isCut ? nil : ProviderTime.mark(in: cursor.bytes, endingAt: end)
        time = timeMark.flatMap { ProviderTime(mark: cursor.bytes[$0..<end]) }
        let tail = Tail(cursor: cursor, end: end, timeMark: timeMark)

        switch label?.label {
        case .serialNumber where isDirect || cursor.hasWord(before: label?.start ?? 0):
            readSerialNumber(tail, from: label?.end ?? end, hasFailed: status?.excludesSerialNumber == true)
        case .reason:
            readReason(tail, from: label?.end ?? end)
        default:
            let start = cursor.index
            let balance = tail.closingBalance(from: start) ?? tail.lastBalance(from: start, needsDot: false)
            self.balance = balance?.amount
            isContinued = balance?.isContinued == true
        }
    }

    private mutating func readSerialNumber(_ tail: Tail, from start: Int, hasFailed: Bool) {
        let cursor = tail.cursor
        let balance = tail.closingBalance(from: start) ?? tail.lastBalance(from: start, needsDot: true)
        var valueEnd = balance?.start ?? tail.contentEnd
        if let reason = tail.reason(behindSerialNumberFrom: start, before: valueEnd, hasFailed: hasFailed) {
            if !cursor.isCut { serialNumber = Placeholder.value(cursor.bytes[start..<reason.start].withoutClosingDot) }
            readReason(tail, from: reason.end)
            return
        }
        self.balance = balance?.amount
        isContinued = balance?.isContinued == true
        // A serial number may quote a balance: in a text that was cut off, only the time behind it proves the end.
        guard !cursor.isCut || balance?.hasTimeBehind == true && balance?.amount != nil else { return }
        if let price = tail.closingPrice(from: start, before: valueEnd) {
            self.price = self.price ?? price.amount
            valueEnd = price.start
        }
        let value = cursor.bytes[start..<valueEnd]
        serialNumber = Placeholder.value(valueEnd == tail.contentEnd ? value.withoutClosingDot : value)
    }

    private mutating func readReason(_ tail: Tail, from start: Int) {
        guard !tail.cursor.isCut else { return }
        let balance = tail.timeMark == nil ? nil : tail.closingBalance(from: start)
        self.balance = balance?.amount
        reason = Placeholder.value(tail.cursor.bytes[start..<(balance?.start ?? tail.end)])
    }

    /// The part of a text behind its head.
    private struct Tail {
        let cursor: TextCursor
        /// Behind the last byte that is not white space.
        let end: Int
        /// Where the time that ends the text begins.
        let timeMark: Int?

        /// Behind the last byte of the values.
        var contentEnd: Int { timeMark ?? end }

        struct Balance {
            /// Where it begins, with the dot that separates it.
            var start: Int
            var amount: Int?
            var hasTimeBehind: Bool
            /// Words follow the time, which ends every text that is known.
            var isContinued = false
        }

        /// The balance that ends the text. Without a time behind it a dot is needed in front, except at `start`.
        func closingBalance(from start: Int) -> Balance? {
            guard !cursor.isCut else { return nil }
            let amountEnd = timeMark ?? cursor.withoutPunctuation(start..<max(start, end)).upperBound
            guard let closing = cursor.closing(.balance, before: amountEnd, from: start) else { return nil }
            guard timeMark != nil || closing.hasDot else { return nil }
            return Balance(start: closing.start, amount: closing.amount, hasTimeBehind: timeMark != nil)
        }

        /// The last `Saldo:` of a text, whatever stands behind it.
        ///
        /// - Parameter needsDot: Only one with a dot before it is looked for.
        func lastBalance(from start: Int, needsDot: Bool) -> Balance? {
            let bytes = cursor.bytes
            var limit = bytes.count
            while start < limit, let label = cursor.last(.balance, in: start..<limit) {
                let before = bytes.skippingWhiteSpaceBack(from: label.start)
                let hasDot = before > start && bytes[before - 1] == UInt8(ascii: ".")
                if needsDot && !hasDot {
                    limit = label.start
                    continue
                }
                let digits = bytes.skippingWhiteSpace(from: label.end)
                let amountEnd = bytes[digits...].firstIndex { !$0.isAmountCharacter } ?? bytes.count
                let behind = bytes.skippingWhiteSpace(from: amountEnd)
                let hasTimeBehind = bytes.hasWord("#@", at: behind)
                let isLast = !cursor.isCut && behind == bytes.count
                let content = isLast ? cursor.withoutPunctuation(digits..<amountEnd) : digits..<amountEnd
                return Balance(
                    start: hasDot ? before - 1 : label.start,
                    amount: hasTimeBehind || isLast ? Rupiah.parse(bytes[content]) : nil, hasTimeBehind: hasTimeBehind,
                    isContinued: hasTimeBehind && bytes[behind...].contains(where: \.isLetter))
            }
            return nil
        }

        /// A price that ends a serial number, which is not all of it.
        func closingPrice(from start: Int, before end: Int) -> TextCursor.Closing? {
            let amountEnd = cursor.withoutPunctuation(start..<max(start, end)).upperBound
            guard let price = cursor.closing(.price, before: amountEnd, from: start),
                price.hasDot || cursor.bytes.skippingWhiteSpace(from: start) < price.start
            else { return nil }
            return price
        }

        /// The reason behind a serial number that is none. A real one may quote `ket:`, but not where the word says
        /// that there is nothing to have.
        func reason(behindSerialNumberFrom start: Int, before end: Int, hasFailed: Bool) -> TextCursor.Label? {
            let bytes = cursor.bytes
            guard start < end, let label = cursor.first(.reason, in: start..<end) else { return nil }
            let before = bytes.skippingWhiteSpaceBack(from: label.start)
            let hasDot = before > start && bytes[before - 1] == UInt8(ascii: ".")
            let isNone = Placeholder.value(bytes[start..<label.start]) == nil
            return hasFailed ? (hasDot || isNone ? label : nil) : (hasDot && isNone ? label : nil)
        }
    }
}

extension Status {
    fileprivate var excludesSerialNumber: Bool {
        switch self {
        case .failed, .expired, .cancelled: true
        case .success, .refunded, .pending, .unknown: false
        }
    }
}

extension TextCursor {
    /// Where values end that begin at `start`: before what ends the JSON that the text stood in, `"}`, if that was not taken
    /// away. Closed there is then what was opened nowhere behind `start`.
    fileprivate func end(ofValuesFrom start: Int) -> Int {
        guard !isCut, contentEnd > start, bytes[contentEnd - 1].closesJSON else { return contentEnd }
        let values = bytes[start..<contentEnd]
        let end = values.lastIndex { !$0.isWhiteSpace && !$0.isQuote && !$0.closesJSON }.map { $0 + 1 } ?? start
        func isUnopened(_ close: UInt8, _ open: UInt8) -> Bool {
            values.count { $0 == close } > values.count { $0 == open }
        }
        let isOutside =
            isUnopened(UInt8(ascii: "}"), UInt8(ascii: "{")) || isUnopened(UInt8(ascii: "]"), UInt8(ascii: "["))
        return isOutside && bytes[end..<contentEnd].contains(where: \.isQuote) ? end : contentEnd
    }

    /// Whether a word, with or without punctuation behind it, stands right before `end`, and no number.
    fileprivate func hasWord(before end: Int) -> Bool {
        var wordEnd = end
        while wordEnd > 0, !bytes[wordEnd - 1].isLetter {
            guard !bytes[wordEnd - 1].isDigit else { return false }
            wordEnd -= 1
        }
        return wordEnd > 0
    }
}

extension UInt8 {
    fileprivate var closesJSON: Bool { self == UInt8(ascii: "}") || self == UInt8(ascii: "]") }
}

extension ArraySlice<UInt8> {
    /// Without the one dot that ends a value; three dots are the value's own.
    fileprivate var withoutClosingDot: Self {
        let content = trimmingWhiteSpace
        guard content.last == UInt8(ascii: "."), content.dropLast().last != UInt8(ascii: ".") else { return content }
        return content.dropLast()
    }
}
