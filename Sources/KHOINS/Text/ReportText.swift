import Formats

/// What a report's text says, read by its grammar; see `TextWords` for the words.
///
///     R#<id> [<n>]>>>Transaksi <product> ke <destination> Harga:<price> <STATUS>. SN: <sn>. Saldo: <balance>#@<time>
///     … Member <memberid> dengan jumlah <amount> <STATUS>. Saldo: <balance>#@<time>
///     … <STATUS>. ket: <reason>
///
/// Each part may be missing. A word counts only at its place: values are free text and may quote any of them.
struct ReportText {
    var id: String?
    var product: String?
    var destination: String?
    var price: Int?
    var memberid: String?
    var amount: Int?
    /// As sent, without the dot behind it.
    var statusWord: String?
    var serialNumber: String?
    var reason: String?
    var balance: Int?
    var time: ProviderTime?

    /// Linear in the text.
    ///
    /// - Parameter isCut: The end is missing: what touches it is left out.
    init(_ text: String, isCut: Bool) {
        var cursor = TextCursor(Array(text.utf8), isCut: isCut)
        let label = cursor.firstLabel(from: 0)
        let wordBeforeLabel = label.flatMap { cursor.word(before: $0) }
        let headEnd = wordBeforeLabel?.lowerBound ?? label?.start ?? cursor.bytes.count
        let hasHeader = readHeader(&cursor, before: headEnd)
        if hasHeader { statusWord = cursor.statusWord(onlyKnown: true) }
        let wordEnd = cursor.index
        let isPlaced = readTransaction(&cursor, before: headEnd) || readTopup(&cursor, before: headEnd)
        let isPriced = readPrice(&cursor, before: isPlaced || statusWord != nil ? cursor.index : headEnd)
        if statusWord != nil {
            cursor.index = wordEnd
        } else if isPlaced || isPriced {
            statusWord = cursor.statusWord(onlyKnown: false)
        }
        if statusWord == nil, let label, let wordBeforeLabel {
            statusWord = cursor.bytes.text(wordBeforeLabel)
            cursor.index = label.start
        }
        readTail(cursor)
    }

    /// `R#<id> [<n>]>>>`; leaves the cursor behind it.
    private mutating func readHeader(_ cursor: inout TextCursor, before headEnd: Int) -> Bool {
        let start = cursor.index
        while let token = cursor.token(), token.lowerBound < headEnd {
            guard cursor.bytes.hasWord(TextWords.idMark, at: token.lowerBound) else { continue }
            var end = token.upperBound
            if let arrows = cursor.firstArrows(in: token) {
                cursor.index = arrows
                end = arrows
            }
            let idStart = token.lowerBound + TextWords.idMark.utf8CodeUnitCount
            if end - idStart > 3, cursor.bytes[(end - 3)..<end].allSatisfy({ $0 == UInt8(ascii: ".") }) { end -= 3 }
            id = end > idStart ? cursor.bytes.text(idStart..<end) : nil
            cursor.skipHeaderMarks()
            return true
        }
        cursor.index = start
        return false
    }

    /// `Transaksi <product> ke <destination>`
    private mutating func readTransaction(_ cursor: inout TextCursor, before headEnd: Int) -> Bool {
        let start = cursor.index
        guard cursor.skip(TextWords.transaction), let product = cursor.token(), cursor.skip(TextWords.to) else {
            cursor.index = start
            return false
        }
        self.product = cursor.unquoted(product)
        guard let destination = cursor.token(), destination.upperBound <= headEnd else { return false }
        self.destination = cursor.unquoted(destination)
        return true
    }

    /// `Member <memberid> dengan jumlah <amount>`, with anything before it.
    private mutating func readTopup(_ cursor: inout TextCursor, before headEnd: Int) -> Bool {
        let start = cursor.index
        while cursor.index < headEnd {
            guard cursor.skip(TextWords.member) else {
                guard cursor.token() != nil else { break }
                continue
            }
            let behind = cursor.index
            if let member = cursor.token(), cursor.skip(TextWords.with), cursor.skip(TextWords.amount) {
                memberid = cursor.bytes.text(member)
                guard let amount = cursor.token() else { return false }
                self.amount = Rupiah.parse(cursor.bytes[amount])
                return true
            }
            cursor.index = behind
        }
        cursor.index = start
        return false
    }

    /// `Harga:<price>`, at the cursor or anywhere before `limit`.
    private mutating func readPrice(_ cursor: inout TextCursor, before limit: Int) -> Bool {
        if !cursor.skip(.price) {
            guard cursor.index < limit, let label = cursor.first(.price, in: cursor.index..<limit) else { return false }
            cursor.index = label.end
        }
        guard let price = cursor.token() else { return false }
        self.price = Rupiah.parse(cursor.bytes[price])
        return true
    }
}

extension TextCursor {
    /// A token without the raw quotes that damaged reports have around it.
    fileprivate func unquoted(_ token: Range<Int>) -> String? {
        let quote = UInt8(ascii: "\"")
        let inside = bytes[token].drop { $0 == quote }
        let kept = inside.lastIndex { $0 != quote }.map { inside[...$0] }
        return kept.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The word that ends right before a label with a dot, a space or both between: `SUKSES. SN:`.
    fileprivate func word(before label: Label) -> Range<Int>? {
        let dot = bytes.skippingWhiteSpaceBack(from: label.start) - 1
        guard dot > 0, bytes[dot] == UInt8(ascii: ".") else { return nil }
        var start = dot
        while start > 0, bytes[start - 1].isLetter { start -= 1 }
        guard start < dot, start == 0 || bytes[start - 1].isWhiteSpace else { return nil }
        return start..<dot
    }

    fileprivate func firstArrows(in token: Range<Int>) -> Int? {
        token.first { bytes.hasWord(">>>", at: $0) }
    }

    /// `[<n>]` and `>>>`, which say nothing.
    fileprivate mutating func skipHeaderMarks() {
        skipWhiteSpace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "["),
            let end = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "]") || $0.isWhiteSpace }),
            bytes[end] == UInt8(ascii: "]")
        {
            index = end + 1
            skipWhiteSpace()
        }
        if bytes.hasWord(">>>", at: index) { index += 3 }
    }
}
