import Formats

/// The name of a journal file: `000000004711-20261122.jsonl`, the number of its first entry and that entry's UTC day.
/// The number alone orders files; names sort in the same order. No two files begin with the same number.
struct JournalFileName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Where such files lie, below the data directory.
    static let directoryName = "journal"
    private static let digits = 12
    private static let suffix = ".jsonl"

    let first: Position
    /// `20261122`, as a number; for people.
    private let day: Int

    init(first: Position, at time: Timestamp) {
        let civil = time.civil()
        self.first = first
        day = civil.year * 10_000 + civil.month * 100 + civil.day
    }

    /// `nil` for what is no such name.
    init?(_ name: some StringProtocol) {
        guard let (number, day) = Self.parts(name, day: 1), number.count >= Self.digits,
            number.count == Self.digits || number.first != UInt8(ascii: "0"), day.count == 8,
            let first = decimal(number), first > 0, let date = decimal(day)
        else { return nil }
        self.first = Position(first)
        self.day = date
    }

    /// Below the data directory.
    var path: String { "\(Self.directoryName)/\(self)" }

    /// Whether this is how versions before the first release named their files: `20261122-000001.jsonl`.
    static func isOldForm(_ name: String) -> Bool {
        guard let (number, day) = parts(name, day: 0) else { return false }
        return day.count == 8 && number.count >= 6 && decimal(day) != nil && decimal(number) != nil
    }

    private static func parts(_ name: some StringProtocol, day index: Int) -> (number: [UInt8], day: [UInt8])? {
        let bytes = Array(name.utf8)
        guard bytes.count > suffix.utf8.count, bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else {
            return nil
        }
        let parts = bytes.dropLast(suffix.utf8.count).split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.count == 2 ? (Array(parts[1 - index]), Array(parts[index])) : nil
    }

    /// `000000004711-20261122`
    var stem: String { String(description.dropLast(Self.suffix.count)) }

    var description: String {
        var text = ByteBuffer(capacity: 40)
        append(to: &text)
        return text.text
    }

    func append(to text: inout ByteBuffer) {
        text.appendDigits(first.number, Self.digits)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(day, 8)
        text.append(Self.suffix)
    }

    static func < (left: JournalFileName, right: JournalFileName) -> Bool { left.first < right.first }
}
