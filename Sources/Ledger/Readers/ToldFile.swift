import Formats
import Journal
import System

/// How the telling of an entry ended.
package struct Told: Equatable, Sendable {
    package var position: Position
    package var time: Timestamp
    package var tries: Int
    /// In a word or two: `200`, `exited with 0`.
    package var answer: String
    /// The shop did not take it, and never will.
    package var isGivenUp: Bool

    package init(position: Position, time: Timestamp, tries: Int, answer: String, isGivenUp: Bool = false) {
        self.position = position
        self.time = time
        self.tries = tries
        self.answer = answer
        self.isGivenUp = isGivenUp
    }
}

/// `NAME.told.jsonl`: when entries were told, for people. Nothing depends on it; it is not synced, and the oldest lines
/// go.
package final class ToldFile {
    static let suffix = "told.jsonl"
    private static let maximumLength = 4 << 20
    private static let beginning = Array(#"{"n":"#.utf8)

    private let directory: Directory
    private let name: String
    private var unwritten: [UInt8] = []

    init(_ name: String, in directory: consuming Directory) {
        self.name = name
        self.directory = directory
    }

    package func add(_ told: Told) {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.open("{")
        writer.member("n", told.position.number)
        writer.next()
        writer.key("at")
        writer.time(told.time)
        writer.member("tries", told.tries)
        writer.member("answer", told.answer)
        writer.mark("givenUp", told.isGivenUp)
        writer.close("}")
        unwritten += writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Writes what was added. Without room for it, it is left out.
    package func flush() {
        if unwritten.isEmpty { return }
        defer { unwritten = [] }
        do throws(LedgerError) {
            if try directory.length(of: name) >= Self.maximumLength { try directory.rename(name, to: "\(name).1") }
            let file = try directory.open(name, .readWriteMaking)
            try file.write(unwritten, at: try file.length())
        } catch {
            // The shop was told all the same.
        }
    }

    /// What is known of some entries, as long as it is kept.
    static func told(
        of positions: Set<Position>, _ name: String, in directory: borrowing Directory
    ) throws(LedgerError) -> [Told] {
        var found: [Told] = []
        for name in ["\(name).1", name] {
            guard let file = try directory.openIfPresent(name) else { continue }
            for line in try file.readAll().split(separator: UInt8(ascii: "\n")) {
                // Most lines are about others, and are not read any further.
                let digits = line.dropFirst(beginning.count).prefix { $0 != UInt8(ascii: ",") }
                guard let position = decimal(digits).map({ Position($0) }), positions.contains(position),
                    let value = try? JSONParser.parse(Array(line)), let tries = value["tries"]?.integer,
                    let time = value["at"]?.string.flatMap({ Timestamp(iso8601: $0) })
                else { continue }
                found.append(
                    Told(
                        position: position, time: time, tries: tries, answer: value["answer"]?.string ?? "",
                        isGivenUp: value["givenUp"]?.bool ?? false))
            }
        }
        return found
    }
}
