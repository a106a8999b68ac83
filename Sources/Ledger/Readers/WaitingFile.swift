import Formats
import Journal
import System

/// An entry that the shop could not be told of yet.
package struct WaitingEntry: Equatable, Sendable {
    /// Which lane it is in: those of one record are told one after another.
    package var lane: UInt64
    /// How often it was tried.
    package var tries: Int
    /// When it failed first, or was put behind one that had.
    package var since: Timestamp
    /// Not before this.
    package var next: Timestamp
    /// The shop itself has named that time.
    package var isAsked: Bool

    package init(lane: UInt64, tries: Int, since: Timestamp, next: Timestamp, isAsked: Bool = false) {
        self.lane = lane
        self.tries = tries
        self.since = since
        self.next = next
        self.isAsked = isAsked
    }
}

/// What is known of a waiting entry by those who only look.
package struct WaitingLine: Equatable, Sendable {
    package var position: Position
    /// `transactions/abc-123.json`
    package var name: String
    package var tries: Int
    package var since: Timestamp
    package var next: Timestamp
    package var answer: String?
}

/// `NAME.waiting.jsonl`: each line says how it stands with one entry; the last one about an entry counts. What is about
/// names, and what was answered, is in the file only, so that many that wait take little memory.
package final class WaitingFile {
    static let suffix = "waiting.jsonl"
    /// Lines that say nothing any more, at most, beside as many as those that do.
    private static let slack = 1_024

    private let directory: Directory
    private let name: String
    private var length = 0
    private var lines = 0
    private var unwritten: [UInt8] = []
    package private(set) var entries: [Position: WaitingEntry] = [:]

    init(_ name: String, in directory: consuming Directory) throws(LedgerError) {
        self.name = name
        self.directory = directory
        guard let file = try self.directory.openIfPresent(name) else { return }
        var entries: [Position: WaitingEntry] = [:]
        (length, lines) = try Self.read(file) { line, _ in
            guard let position = Position(line["n"]) else { return }
            entries[position] = line["done"] == nil ? WaitingEntry(line) : nil
        }
        self.entries = entries
    }

    /// The oldest entry that waits.
    package var oldest: Position? { entries.keys.min() }

    /// Notes how an entry stands; on the disk only after `flush`.
    package func set(_ position: Position, _ entry: WaitingEntry, name: RecordName, answer: String?) {
        entries[position] = entry
        var writer = JSONWriter(reservingCapacity: 256)
        writer.open("{")
        writer.member("n", position.number)
        writer.member("name", name.path)
        writer.member("lane", String(entry.lane, radix: 16))
        writer.member("tries", entry.tries)
        writer.next()
        writer.key("since")
        writer.time(entry.since, .microseconds)
        writer.next()
        writer.key("next")
        writer.time(entry.next, .microseconds)
        writer.mark("asked", entry.isAsked)
        writer.member("answer", answer)
        writer.close("}")
        append(writer.bytes)
    }

    /// Takes an entry out: it was told, or is given up. On the disk only after `flush`.
    package func remove(_ position: Position) {
        guard entries.removeValue(forKey: position) != nil else { return }
        append(Array(#"{"n":\#(position),"done":true}"#.utf8))
    }

    private func append(_ line: [UInt8]) {
        unwritten += line
        unwritten.append(UInt8(ascii: "\n"))
        lines += 1
    }

    /// All that was noted is on the disk on return.
    package func flush() throws(LedgerError) {
        if unwritten.isEmpty { return }
        if entries.isEmpty {
            // An empty file is shorter than one that says of each entry that it is told.
            try directory.removeIfPresent(name)
            (length, lines, unwritten) = (0, 0, [])
            return
        }
        let file = try directory.open(name, .readWriteMaking)
        try file.write(unwritten, at: length)
        try file.syncData()
        if length == 0 { try directory.sync() }
        length += unwritten.count
        unwritten = []
        if lines > 2 * entries.count + Self.slack { try compact() }
    }

    /// Writes the file anew, with what still counts.
    private func compact() throws(LedgerError) {
        guard let old = try directory.openIfPresent(name) else { return }
        var last: [Position: Range<Int>] = [:]
        _ = try Self.read(old) { line, range in
            if let position = Position(line["n"]), line["done"] == nil { last[position] = range }
        }
        let temporary = ".\(name).new"
        let new = try directory.open(temporary, .writingMaking)
        var (block, written) = ([UInt8](), 0)
        for range in last.filter({ entries[$0.key] != nil }).values.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            block += try old.read(range.count, at: range.lowerBound)
            if block.count < Self.blockLength { continue }
            try new.write(block)
            written += block.count
            block = []
        }
        try new.write(block)
        try new.sync()
        try directory.rename(temporary, to: name)
        length = written + block.count
        lines = entries.count
    }

    private static let blockLength = 64 << 10

    /// Hands over each whole line and where it stands.
    ///
    /// - Returns: Where the last whole line ends, and how many there are. What is behind it was left by a process that
    ///   died in a write, and is written over.
    private static func read(
        _ file: borrowing OpenFile, _ take: (JSONValue, Range<Int>) -> Void
    ) throws(LedgerError) -> (length: Int, lines: Int) {
        var (offset, count, want) = (0, 0, blockLength)
        while true {
            let block = try file.read(want, at: offset)
            guard let end = block.lastIndex(of: UInt8(ascii: "\n")) else {
                if block.count < want { return (offset, count) }
                want *= 2
                continue
            }
            var start = offset
            for line in block[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                let range = start..<(start + line.count + 1)
                start = range.upperBound
                count += 1
                if let value = try? JSONParser.parse(Array(line)) { take(value, range) }
            }
            offset = start
            want = blockLength
        }
    }

    /// All that waits, in order, for those who only look.
    static func lines(_ name: String, in directory: borrowing Directory) throws(LedgerError) -> [WaitingLine] {
        guard let file = try directory.openIfPresent(name) else { return [] }
        var lines: [Position: WaitingLine] = [:]
        _ = try read(file) { line, _ in
            guard let position = Position(line["n"]) else { return }
            lines[position] = WaitingEntry(line).map {
                WaitingLine(
                    position: position, name: line["name"]?.string ?? "", tries: $0.tries, since: $0.since,
                    next: $0.next, answer: line["answer"]?.string)
            }
        }
        return lines.values.sorted { $0.position < $1.position }
    }
}

extension WaitingEntry {
    fileprivate init?(_ line: JSONValue) {
        guard let lane = line["lane"]?.string.flatMap({ UInt64($0, radix: 16) }),
            let tries = line["tries"]?.integer, tries >= 0,
            let since = line["since"]?.string.flatMap({ Timestamp(iso8601: $0) }),
            let next = line["next"]?.string.flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        self.init(lane: lane, tries: tries, since: since, next: next, isAsked: line["asked"]?.bool ?? false)
    }
}
