import KHOINSCallback

/// The name of a journal file: `20261122-000001.jsonl`. The number alone orders files and grows by one; the date is
/// for people and never goes back, so that names sort in order too.
package struct JournalFileName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `20261122`, as a number.
    let date: Int
    let number: Int

    init(date: Int, number: Int) {
        self.date = date
        self.number = number
    }

    package init?(_ name: some StringProtocol) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "jsonl" else { return nil }
        let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers[0].utf8.count == 8, let date = decimal(numbers[0].utf8),
            let number = decimal(numbers[1].utf8)
        else { return nil }
        self.init(date: date, number: number)
        guard description == name else { return nil }
    }

    package var description: String { "\(padded(date, 8))-\(padded(number, 6)).jsonl" }

    package static func < (left: JournalFileName, right: JournalFileName) -> Bool { left.number < right.number }

    /// The file after this one, made at `time`.
    func next(at time: Timestamp) -> JournalFileName {
        JournalFileName(date: max(date, Self.date(at: time)), number: number + 1)
    }

    static func first(at time: Timestamp) -> JournalFileName {
        JournalFileName(date: date(at: time), number: 1)
    }

    private static func date(at time: Timestamp) -> Int {
        let civil = time.civil()
        return civil.year * 10_000 + civil.month * 100 + civil.day
    }
}

/// Where an entry begins in the journal: `20261122-000001.jsonl:4096`. Only the order has a meaning to others.
package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    let file: JournalFileName
    /// Bytes from the beginning of the file.
    let offset: Int

    init(file: JournalFileName, offset: Int) {
        self.file = file
        self.offset = offset
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let file = JournalFileName(parts[0]), let offset = decimal(parts[1].utf8) else {
            return nil
        }
        self.init(file: file, offset: offset)
    }

    package var description: String { "\(file):\(offset)" }

    package static func < (left: Position, right: Position) -> Bool {
        (left.file.number, left.offset) < (right.file.number, right.offset)
    }
}
