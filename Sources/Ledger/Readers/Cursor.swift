import Formats
import Journal

/// How far somebody who follows the journal has come.
package struct Cursor: Equatable, Sendable {
    /// Everything before this position is done, but for what is unfinished.
    package var readUpTo: Position
    /// Entries before `readUpTo` that are not done, in order.
    package var unfinished: [Position] = []

    package init(readUpTo: Position, unfinished: [Position] = []) {
        self.readUpTo = readUpTo
        self.unfinished = unfinished
    }

    /// The oldest position that is still needed.
    package var position: Position { min(unfinished.first ?? readUpTo, readUpTo) }

    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        writer.member("position", position.number)
        writer.member("readUpTo", readUpTo.number)
        writer.next()
        writer.key("unfinished")
        writer.open("[")
        for position in unfinished {
            writer.next()
            writer.integer(position.number)
        }
        writer.close("]")
        writer.close("}")
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    package init?(bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes),
            let readUpTo = Position(value["readUpTo"]),
            let unfinished = value["unfinished"]?.array
        else { return nil }
        self.readUpTo = readUpTo
        for value in unfinished {
            guard let position = Position(value) else { return nil }
            self.unfinished.append(position)
        }
    }
}
