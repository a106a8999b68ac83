import Formats

/// What a report's text says, read by its grammar; see `TextWords` for the words.
///
///     R#<id> [<n>]>>>Transaksi <product> ke <destination> Harga:<price> <STATUS>. SN: <sn>. Saldo: <balance>#@<time>
///     … Member <memberid> dengan jumlah <amount> <STATUS>. Saldo: <balance>#@<time>
///     … <STATUS>. ket: <reason>
///
/// Each part may be missing. A word counts only at its place: values are free text and may quote any of them.
///
/// The status word's place is the end of the head, and the whole head is the grammar's:
///
///     [R#<id>[...]] [[<n>]][>>>] [<opener>…] Transaksi [<code> ke <code>] [Harga:<amount>] <STATUS>
///     [R#<id>[...]] [[<n>]][>>>] [<opener>…] [Method <code>…] Member <memberid> [dengan jumlah <amount>] <STATUS>
///     [R#<id>[...]] [[<n>]][>>>] <STATUS>
///
/// Behind the word come dots, commas, `!` or `:`, or nothing, prices, and then at once a label or the end of the text.
/// A byte that this does not account for could negate the word, limit it, or make it part of a clause or of another
/// act ("not", "partly", "because of", "the cancellation"), so that the text has no status word then. The same holds
/// where the value behind the word belongs to the other outcome, a reason with a success, a serial number with a
/// failure, and where words follow the time, which could take all of it back. `<code>` is what cannot be a word of a
/// sentence: it holds a digit, or is of at most four capitals and no known status; `<n>` holds a digit. A word with
/// neither a header nor an order in front needs a label. No word is looked for anywhere else.
struct ReportText {
    var id: String?
    var product: String?
    var destination: String?
    var price: Int?
    var memberid: String?
    var amount: Int?
    /// As sent, without the dot behind it. `nil` where no word fills the status position alone.
    var statusWord: String?
    var serialNumber: String?
    var reason: String?
    var balance: Int?
    var time: ProviderTime?
    /// Whether words follow the time that should end the text.
    var isContinued = false
    /// Whether the first sentence speaks of a `Transaksi`, with or without what that is made of.
    var namesTransaction = false

    /// Linear in the text.
    ///
    /// - Parameters:
    ///   - known: The id that the report or the envelope gives. The text's own is read where that is `nil` or another;
    ///     only a known one can hold white space.
    ///   - isCut: The end is missing: what touches it is left out.
    init(_ text: String, id known: String? = nil, isCut: Bool) {
        var cursor = TextCursor(Array(text.utf8), isCut: isCut)
        let beginsWithHeader = readHeader(&cursor, known: known)
        let label = cursor.firstLabel(from: cursor.index)
        let headEnd = label?.start ?? cursor.bytes.count
        var isAccounted = beginsWithHeader || !findHeader(&cursor, known: known, before: headEnd)
        let headStart = cursor.index
        if !readOrder(&cursor, before: headEnd) { isAccounted = false }
        if let price = cursor.price() {
            self.price = cursor.rupiah(price)
            if !cursor.isAmount(price) { isAccounted = false }
        } else {
            findPrice(cursor, before: headEnd)
        }
        // Where nothing is ordered, any word could be the first of a sentence, and one alone could speak of anything.
        let hasOrder = cursor.index > headStart
        let isAnchored = beginsWithHeader || hasOrder && !(namesTransaction && destination == nil && price == nil)
        let word = isAccounted ? cursor.statusWord(onlyKnown: !hasOrder, needsLabel: !isAnchored) : nil
        statusWord = word.map { cursor.bytes.text($0) }
        let status = word.flatMap { Status(word: cursor.bytes[$0]) }

        let isDirect = label.map { $0.start >= cursor.index && cursor.isPunctuation(cursor.index..<$0.start) } ?? false
        readTail(cursor, label: label, status: status, isDirect: isDirect)
        if isContinued || hasOtherOutcome(than: status, label: label?.label, isCut: isCut) { statusWord = nil }
    }

    /// Whether the value behind the word belongs to another outcome than the word's.
    private func hasOtherOutcome(than status: Status?, label: TextLabel?, isCut: Bool) -> Bool {
        switch status {
        case .success: reason != nil || (label == .reason && isCut)
        case .failed, .expired, .cancelled: serialNumber != nil || (label == .serialNumber && isCut)
        case .refunded, .pending, .unknown, nil: false
        }
    }

    /// `R#<id> [<n>]>>>` at the cursor; leaves the cursor behind it.
    private mutating func readHeader(_ cursor: inout TextCursor, known: String?) -> Bool {
        let bytes = cursor.bytes
        let start = bytes.skippingWhiteSpace(from: cursor.index)
        guard bytes.hasWord(TextWords.idMark, at: start) else { return false }
        let idStart = start + TextWords.idMark.utf8CodeUnitCount
        if let known, let end = cursor.end(ofID: known, at: idStart) {
            id = known
            cursor.index = end
            cursor.skipHeaderMarks()
            return true
        }
        guard let token = cursor.token() else { return false }
        var end = token.upperBound
        if let arrows = cursor.firstArrows(in: token) {
            cursor.index = arrows
            end = arrows
        }
        if end - idStart > 3, bytes[(end - 3)..<end].allSatisfy({ $0 == UInt8(ascii: ".") }) { end -= 3 }
        // A sentence's own.
        while end > idStart, ",;:".utf8.contains(bytes[end - 1]) { end -= 1 }
        id = end > idStart ? bytes.text(idStart..<end) : nil
        cursor.skipHeaderMarks()
        return true
    }

    /// A header somewhere in the head; without one the cursor stays where it is.
    private mutating func findHeader(_ cursor: inout TextCursor, known: String?, before headEnd: Int) -> Bool {
        let start = cursor.index
        while let token = cursor.token(), token.lowerBound < headEnd {
            guard cursor.bytes.hasWord(TextWords.idMark, at: token.lowerBound) else { continue }
            cursor.index = token.lowerBound
            return readHeader(&cursor, known: known)
        }
        cursor.index = start
        return false
    }

    /// What was ordered: leaves the cursor behind it, or where it was if nothing is named.
    ///
    /// - Returns: Whether every byte that was passed is the grammar's.
    private mutating func readOrder(_ cursor: inout TextCursor, before headEnd: Int) -> Bool {
        let start = cursor.index
        var isAccounted = true
        var isFirstSentence = true
        while let token = cursor.token(), token.lowerBound < headEnd {
            if cursor.isWord(TextWords.transaction, token) {
                namesTransaction = isFirstSentence
                return readTransaction(&cursor, before: headEnd) && isAccounted
            }
            if cursor.isWord(TextWords.member, token) {
                switch readMember(&cursor, before: headEnd, isAccounted: isAccounted) {
                case let isAmount?: return isAccounted && isAmount
                case nil: isAccounted = false
                }
            } else if cursor.isWord(TextWords.method, token) {
                cursor.skipMethod()
            } else if !cursor.isOpener(token) {
                isAccounted = false
                let end = cursor.bytes[token.upperBound - 1]
                if end == UInt8(ascii: ".") || cursor.bytes[token].contains(UInt8(ascii: ":")) {
                    isFirstSentence = false
                }
            }
        }
        cursor.index = start
        return true
    }

    /// `<product> ke <destination>` behind `Transaksi`.
    private mutating func readTransaction(_ cursor: inout TextCursor, before headEnd: Int) -> Bool {
        let start = cursor.index
        guard let product = cursor.token(), cursor.skip(TextWords.to) else {
            cursor.index = start
            return true
        }
        self.product = cursor.unquoted(product)
        let behind = cursor.index
        guard let destination = cursor.destination(before: headEnd) else {
            cursor.index = behind
            return false
        }
        self.destination = cursor.unquoted(destination)
        return cursor.isCode(product) && cursor.isCode(destination)
    }

    /// `<memberid> [dengan jumlah <amount>]` behind `Member`; leaves the cursor behind it, or where it was.
    ///
    /// - Parameter isAccounted: Without an amount, only a word in the status position tells a member's name from a
    ///   sentence; where that position is lost already, nobody looks.
    /// - Returns: Whether the amount is one; `nil` where nothing is named.
    private mutating func readMember(_ cursor: inout TextCursor, before headEnd: Int, isAccounted: Bool) -> Bool? {
        let start = cursor.index
        guard let member = cursor.token(), member.upperBound <= headEnd else {
            cursor.index = start
            return nil
        }
        let behind = cursor.index
        if cursor.skip(TextWords.with), cursor.skip(TextWords.amount) {
            memberid = cursor.bytes.text(member)
            guard let amount = cursor.token() else { return false }
            self.amount = cursor.rupiah(amount)
            return cursor.isAmount(amount)
        }
        cursor.index = behind
        var next = cursor
        if isAccounted, next.statusWord(onlyKnown: false, needsLabel: false) != nil { return true }
        cursor.index = start
        return nil
    }

    /// `Harga:<price>` somewhere between the cursor and `headEnd`.
    private mutating func findPrice(_ cursor: TextCursor, before headEnd: Int) {
        guard cursor.index < headEnd, let label = cursor.first(.price, in: cursor.index..<headEnd) else { return }
        var cursor = cursor
        cursor.index = label.start
        guard let price = cursor.price() else { return }
        self.price = cursor.rupiah(cursor.withoutPunctuation(price))
    }
}

extension TextCursor {
    /// An amount in the head, with or without a comma behind it.
    fileprivate func rupiah(_ token: Range<Int>) -> Int? {
        let hasComma = bytes[token].last == UInt8(ascii: ",")
        return Rupiah.parse(hasComma ? bytes[token].dropLast() : bytes[token])
    }

    /// A token without the raw quotes that damaged reports have around it.
    fileprivate func unquoted(_ token: Range<Int>) -> String? {
        let inside = bytes[token].trimming { $0 == UInt8(ascii: "\"") }
        return inside.isEmpty ? nil : String(decoding: inside, as: UTF8.self)
    }

    /// Whether a token can be no word of a sentence.
    fileprivate func isCode(_ token: Range<Int>) -> Bool {
        let inside = bytes[token].trimming { $0 == UInt8(ascii: "\"") }
        if inside.contains(where: \.isDigit) { return true }
        return (1...4).contains(inside.count) && inside.allSatisfy { $0.lowercased != $0 }
            && Status(word: inside) == nil
    }

    /// The destination at the cursor: a token, or groups of digits with white space between them. `nil` where that is
    /// in doubt: a number behind the groups could belong to a sentence, and a cut could hide another group.
    fileprivate mutating func destination(before headEnd: Int) -> Range<Int>? {
        guard let token = token(), token.upperBound <= headEnd else { return nil }
        let first = withoutPunctuation(token)
        guard !first.isEmpty, first.upperBound == token.upperBound || !isStatus(first) else { return nil }
        guard isDigits(token) else { return isDigits(first) ? first : token }
        var end = token.upperBound
        var behind = index
        while let next = self.token(), next.upperBound <= headEnd, isDigits(withoutPunctuation(next)) {
            end = withoutPunctuation(next).upperBound
            behind = index
            if end < next.upperBound { break }
        }
        index = behind
        let next = bytes.skippingWhiteSpace(from: index)
        if isCut {
            let rest = bytes[next...]
            guard let first = rest.first, !first.isDigit else { return nil }
        }
        guard end > token.upperBound else { return token }
        var ahead = self
        guard next >= headEnd || ahead.price() != nil || ahead.statusWord(onlyKnown: false, needsLabel: false) != nil
        else { return nil }
        return token.lowerBound..<end
    }

    private func isStatus(_ token: Range<Int>) -> Bool { Status(word: bytes[token]) != nil }

    private func isDigits(_ token: Range<Int>) -> Bool {
        var inside = bytes[token].trimming { $0 == UInt8(ascii: "\"") }
        if inside.first == UInt8(ascii: "+") { inside = inside.dropFirst() }
        return inside.contains(where: \.isDigit) && inside.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "-") }
    }

    /// Whether a token is one of the words that may stand in front of what was ordered. One that is a status of its
    /// own, with a dot behind, is none.
    fileprivate func isOpener(_ token: Range<Int>) -> Bool {
        let end = bytes[token.upperBound - 1]
        let hasMark = end == UInt8(ascii: ".") || end == UInt8(ascii: ":")
        let word = bytes[token.lowerBound..<(hasMark ? token.upperBound - 1 : token.upperBound)]
        return TextWords.openers.contains { word.isWord($0) } && !(hasMark && Status(word: word) != nil)
    }

    /// A payment method's name: one token of any kind before `Member`, or up to three that are codes or words of such
    /// names.
    fileprivate mutating func skipMethod() {
        let start = index
        if token() != nil {
            let behind = index
            if skip(TextWords.member) {
                index = behind
                return
            }
        }
        index = start
        for _ in 1...3 {
            let before = index
            guard let next = token(), !isWord(TextWords.member, next),
                isCode(next) || TextWords.methodNames.contains(where: { isWord($0, next) })
            else {
                index = before
                return
            }
        }
    }

    /// Where a known id ends that stands at `start`, with the three dots that may follow it; `nil` if another one
    /// stands there.
    fileprivate func end(ofID known: String, at start: Int) -> Int? {
        var end = start
        for byte in known.utf8 {
            guard end < bytes.count, bytes[end] == byte else { return nil }
            end += 1
        }
        if bytes.hasWord("...", at: end) { end += 3 }
        if end == bytes.count { return isCut ? nil : end }
        let isBehind = bytes[end].isWhiteSpace || bytes[end] == UInt8(ascii: "[") || bytes.hasWord(">>>", at: end)
        return end > start && isBehind ? end : nil
    }

    fileprivate func firstArrows(in token: Range<Int>) -> Int? {
        token.first { bytes.hasWord(">>>", at: $0) }
    }

    /// `[<n>]` and `>>>`, which say nothing.
    fileprivate mutating func skipHeaderMarks() {
        skipWhiteSpace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "["),
            let end = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "]") || $0.isWhiteSpace }),
            bytes[end] == UInt8(ascii: "]"), bytes[index..<end].contains(where: \.isDigit)
        {
            index = end + 1
            skipWhiteSpace()
        }
        if bytes.hasWord(">>>", at: index) { index += 3 }
    }
}
