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
        writer.next()
        writer.key("position")
        writer.string(position.description)
        writer.next()
        writer.key("readUpTo")
        writer.string(readUpTo.description)
        writer.next()
        writer.key("unfinished")
        writer.open("[")
        for position in unfinished {
            writer.next()
            writer.string(position.description)
        }
        writer.close("]")
        writer.close("}")
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    package init?(bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes),
            let readUpTo = value["readUpTo"]?.string.flatMap({ Position($0) }),
            let unfinished = value["unfinished"]?.array
        else { return nil }
        self.readUpTo = readUpTo
        for value in unfinished {
            guard let position = value.string.flatMap({ Position($0) }) else { return nil }
            self.unfinished.append(position)
        }
    }
}
