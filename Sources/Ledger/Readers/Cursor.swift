import Formats
import Journal

/// How far somebody who follows the journal has come.
package struct Cursor: Equatable, Sendable {
    /// Everything before this position is done, but for what is unfinished or waits.
    package var readUpTo: Position
    /// Entries before `readUpTo` that are not done, in order.
    package var unfinished: [Position] = []
    /// The oldest of those that failed and wait for another try (see `WaitingFile`).
    package var waitingFrom: Position?
    /// Since when what stands at `readUpTo` cannot be read, where newer entries can.
    package var unreadSince: Timestamp?
    /// The entry that was read last, and some before it, the newest last. They tell this journal from another one.
    package var marks: [EntryMark] = []

    package init(
        readUpTo: Position, unfinished: [Position] = [], waitingFrom: Position? = nil,
        unreadSince: Timestamp? = nil, marks: [EntryMark] = []
    ) {
        self.readUpTo = readUpTo
        self.unfinished = unfinished
        self.waitingFrom = waitingFrom
        self.unreadSince = unreadSince
        self.marks = marks
    }

    /// The oldest position that is still needed.
    package var position: Position {
        min(min(unfinished.first ?? readUpTo, waitingFrom ?? readUpTo), readUpTo)
    }

    /// Where another server goes on, which knows nothing of what waits here: it tells that too.
    package var forAnother: Cursor {
        if let waitingFrom, !unfinished.contains(waitingFrom) { return Cursor(readUpTo: position) }
        return Cursor(readUpTo: readUpTo, unfinished: unfinished)
    }

    /// The marks with a newer one. Of the older ones some stay: about one for each doubling of the distance.
    package func marks(with newest: EntryMark) -> [EntryMark] {
        if marks.last == newest { return marks }
        var kept: [EntryMark] = []
        var lastDistance = Int.bitWidth
        for mark in marks where mark.position < newest.position {
            let distance = (newest.position.number - mark.position.number).leadingZeroBitCount
            // The oldest one of each distance stays, as it will be the first to come to the next distance.
            if kept.isEmpty || distance != lastDistance { kept.append(mark) }
            lastDistance = distance
        }
        return kept + [newest]
    }

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
        writer.member("waitingFrom", waitingFrom?.number)
        if let unreadSince {
            writer.next()
            writer.key("unreadSince")
            writer.time(unreadSince, .microseconds)
        }
        writer.next()
        writer.key("marks")
        writer.open("[")
        for mark in marks {
            writer.next()
            writer.open("{")
            writer.member("n", mark.position.number)
            writer.member("sum", Int(mark.checksum))
            writer.next()
            writer.key("at")
            writer.time(mark.time, .microseconds)
            writer.close("}")
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
        waitingFrom = Position(value["waitingFrom"])
        unreadSince = value["unreadSince"]?.string.flatMap { Timestamp(iso8601: $0) }
        for value in value["marks"]?.array ?? [] {
            guard let position = Position(value["n"]), let sum = value["sum"]?.integer,
                let checksum = UInt32(exactly: sum), let time = value["at"]?.string.flatMap({ Timestamp(iso8601: $0) })
            else { return nil }
            marks.append(EntryMark(position: position, checksum: checksum, time: time))
        }
    }
}
