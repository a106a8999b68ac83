import Formats

/// The name of a journal file: `20261122-000001.jsonl`. The number alone orders files and grows by one; the date is
/// for people and never goes back, so that names sort in order too.
package struct JournalFileName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `20261122`, as a number.
    package let date: Int
    package let number: Int

    package init(date: Int, number: Int) {
        self.date = date
        self.number = number
    }

    package init?(_ name: some StringProtocol) {
        let bytes = name.utf8
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")), let dot = bytes.firstIndex(of: UInt8(ascii: ".")),
            dash < dot, bytes[dot...].elementsEqual(".jsonl".utf8), bytes[..<dash].count == 8
        else { return nil }
        let digits = bytes[bytes.index(after: dash)..<dot]
        // One number has one name: six digits, and more only where six do not hold it.
        guard let date = decimal(bytes[..<dash]), let number = decimal(digits), digits.count >= 6,
            digits.count == 6 || digits.first != UInt8(ascii: "0")
        else { return nil }
        self.init(date: date, number: number)
    }

    package var description: String {
        var text = ByteBuffer(capacity: 32)
        write(to: &text)
        return text.text
    }

    fileprivate func write(to text: inout ByteBuffer) {
        text.appendDigits(date, 8)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(number, 6)
        text.append(".jsonl")
    }

    package static func < (left: JournalFileName, right: JournalFileName) -> Bool { left.number < right.number }

    /// The file after this one, made at `time`.
    package func next(at time: Timestamp) -> JournalFileName {
        JournalFileName(date: max(date, Self.date(at: time)), number: number + 1)
    }

    package static func first(at time: Timestamp) -> JournalFileName {
        JournalFileName(date: date(at: time), number: 1)
    }

    private static func date(at time: Timestamp) -> Int {
        let civil = time.civil()
        return civil.year * 10_000 + civil.month * 100 + civil.day
    }
}

/// Where an entry begins in the journal: `20261122-000001.jsonl:4096`. Only the order has a meaning to others.
package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let file: JournalFileName
    /// Bytes from the beginning of the file.
    package let offset: Int

    package init(file: JournalFileName, offset: Int) {
        self.file = file
        self.offset = offset
    }

    package init?(_ text: some StringProtocol) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), let file = JournalFileName(text[..<colon]),
            let offset = decimal(text.utf8[text.utf8.index(after: colon)...])
        else { return nil }
        self.init(file: file, offset: offset)
    }

    package var description: String {
        var text = ByteBuffer(capacity: 48)
        file.write(to: &text)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(offset)
        return text.text
    }

    package static func < (left: Position, right: Position) -> Bool {
        (left.file.number, left.offset) < (right.file.number, right.offset)
    }
}
