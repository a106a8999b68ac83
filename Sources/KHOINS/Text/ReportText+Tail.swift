extension ReportText {
    /// What stands behind the status word: serial number or reason, balance, time.
    ///
    /// - Parameter cursor: Behind the status word, or before the first label where there is none.
    mutating func readTail(_ cursor: TextCursor) {
        var cursor = cursor
        let isCut = cursor.isCut
        let end = Self.contentEnd(cursor.bytes)
        let timeMark = isCut ? nil : ProviderTime.mark(in: cursor.bytes, endingAt: end)
        time = timeMark.flatMap { ProviderTime(mark: cursor.bytes[$0..<end]) }
        let contentEnd = timeMark ?? end

        if statusWord != nil, cursor.skip(.serialNumber) {
            let balance = Balance(cursor, from: cursor.index, isSeparated: true)
            self.balance = balance?.amount
            // A serial number may quote a balance: in a text that was cut off, only the time behind it proves the end.
            if !isCut || balance?.hasTimeBehind == true && balance?.amount != nil {
                serialNumber = cursor.trimmed(cursor.index..<(balance?.start ?? contentEnd))
            }
        } else if let label = cursor.firstLabel(from: cursor.index), label.label == .reason {
            guard !isCut else { return }
            var reasonEnd = end
            if timeMark != nil, let balance = Balance(cursor, from: label.end, isSeparated: true),
                balance.amount != nil, balance.end == contentEnd
            {
                self.balance = balance.amount
                reasonEnd = balance.start
            }
            reason = cursor.trimmed(label.end..<reasonEnd)
        } else {
            balance = Balance(cursor, from: cursor.index, isSeparated: false)?.amount
        }
    }

    private static func contentEnd(_ bytes: [UInt8]) -> Int {
        bytes.skippingWhiteSpaceBack(from: bytes.count)
    }

    /// The last `Saldo:` of a text.
    private struct Balance {
        /// Where it begins, with the dot that separates it.
        var start: Int
        var amount: Int?
        /// The offset behind the amount.
        var end: Int
        var hasTimeBehind: Bool

        /// - Parameter isSeparated: Only one with a dot before it is looked for.
        init?(_ cursor: TextCursor, from start: Int, isSeparated: Bool) {
            let bytes = cursor.bytes
            var limit = bytes.count
            while let label = cursor.last(.balance, in: start..<limit) {
                let before = bytes.skippingWhiteSpaceBack(from: label.start)
                let hasDot = before > start && bytes[before - 1] == UInt8(ascii: ".")
                if isSeparated && !hasDot {
                    limit = label.start
                    continue
                }
                self.start = hasDot ? before - 1 : label.start
                let digits = bytes.skippingWhiteSpace(from: label.end)
                end = bytes[digits...].firstIndex { !$0.isDigit && !".-".utf8.contains($0) } ?? bytes.count
                hasTimeBehind = bytes.hasWord("#@", at: bytes.skippingWhiteSpace(from: end))
                let isLast = !cursor.isCut && bytes.skippingWhiteSpace(from: end) == bytes.count
                var amountEnd = end
                if isLast, amountEnd > digits, bytes[amountEnd - 1] == UInt8(ascii: ".") { amountEnd -= 1 }
                amount = hasTimeBehind || isLast ? Rupiah.parse(bytes[digits..<amountEnd]) : nil
                return
            }
            return nil
        }
    }
}

extension TextCursor {
    fileprivate func trimmed(_ range: Range<Int>) -> String? {
        let content = bytes[range].trimmingWhiteSpace
        return content.isEmpty ? nil : String(decoding: content, as: UTF8.self)
    }
}
