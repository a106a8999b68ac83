import Formats

/// The number of an entry: 1, 2, 3, … over all of the journal, never used twice. Where an entry stands is the journal's
/// own affair.
package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Of the oldest entry that a journal can have.
    package static let first = Position(1)

    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }

    /// Reads digits alone; `nil` for anything that `description` does not write.
    package init?(_ text: some StringProtocol) {
        guard let number = decimal(text.utf8), number > 0, text.utf8.first != UInt8(ascii: "0") else { return nil }
        self.number = number
    }

    /// Reads a number of JSON; `nil` for anything else.
    package init?(_ value: JSONValue?) {
        guard let number = value?.integer, number > 0 else { return nil }
        self.number = number
    }

    package var description: String { String(number) }

    /// Of the entry behind this one.
    package var next: Position { Position(number + 1) }

    package static func < (left: Position, right: Position) -> Bool { left.number < right.number }
}
