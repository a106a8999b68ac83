import Formats

/// What an entry of the journal says.
package struct JournalEntry: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case delivery(Delivery)
        case expectation(Expectation)

        /// When it came.
        package var time: Timestamp {
            switch self {
            case .delivery(let delivery): delivery.receivedAt
            case .expectation(let expectation): expectation.notedAt
            }
        }
    }

    package var content: Content
    /// The record existed when this entry was written: its earlier deliveries are somewhere before.
    package var updates: Bool

    package init(_ content: Content, updates: Bool = false) {
        self.content = content
        self.updates = updates
    }
}

/// An entry and its number.
package struct PlacedEntry: Equatable, Sendable {
    package var entry: JournalEntry
    package var position: Position

    package init(entry: JournalEntry, position: Position) {
        self.entry = entry
        self.position = position
    }

    /// Enough of this to know it again, or to see that another stands in its place.
    package var mark: EntryMark {
        var checksum = CRC32C()
        var line: [UInt8] = []
        EntryDraft(entry.content).append(to: &line, at: position, updating: entry.updates)
        checksum.update(line)
        return EntryMark(position: position, checksum: checksum.value, time: entry.content.time)
    }
}

/// What somebody remembers of an entry who has read it: its number, a checksum of all that it says, and its time.
package struct EntryMark: Equatable, Sendable {
    package var position: Position
    package var checksum: UInt32
    package var time: Timestamp

    package init(position: Position, checksum: UInt32, time: Timestamp) {
        self.position = position
        self.checksum = checksum
        self.time = time
    }
}

/// An entry made ready to be written: all but its number, and what depends on what the ledger holds at that moment.
package struct EntryDraft: Sendable {
    package let content: JournalEntry.Content
    private let bytes: [UInt8]

    package init(_ content: JournalEntry.Content) {
        self.content = content
        var writer = JSONWriter()
        content.write(to: &writer)
        bytes = writer.bytes
    }

    /// Takes an entry as another server has sent it: a JSON object, as `object` gives it. `nil` where it is none.
    package init?(object: ArraySlice<UInt8>) {
        guard object.count > 2, let value = try? JSONParser.parse(Array(object)),
            let content = JournalEntry.Content(value)
        else { return nil }
        self.content = content
        bytes = Array(object.dropFirst().dropLast())
    }

    /// All that the entry's line will say but its number, as a JSON object on one line.
    package var object: [UInt8] { [UInt8(ascii: "{")] + bytes + [UInt8(ascii: "}")] }

    /// Bytes that the line can take, at most, but for what an agreement says.
    package var maximumLength: Int { bytes.count + 80 }

    /// Appends the entry's line, with its new line.
    ///
    /// - Parameters:
    ///   - behind: How many entries stand before it in the same write.
    ///   - mark: It ends a batch that servers agreed on.
    func append(
        to batch: inout [UInt8], at position: Position, updating: Bool, behind: Int = 0, mark: AgreementMark? = nil
    ) {
        ChecksummedLine.append(to: &batch) { line in
            var number = ByteBuffer(capacity: 32)
            number.append(#""n":"#)
            number.appendDigits(position.number)
            number.append(UInt8(ascii: ","))
            number.withBytes { line += $0 }
            line += bytes
            if updating { line += #","update":true"#.utf8 }
            if behind > 0 { line += #","behind":\#(behind)"#.utf8 }
            mark?.append(to: &line)
            line.append(UInt8(ascii: "}"))
        }
    }
}

/// One line of a journal file.
///
/// On disk: `{"crc":"1a2b3c4d","n":4711,"at":"2026-11-22T08:18:33.123456Z","from":"182.23.3.230","body":"…"}` and a new
/// line. The checksum is the CRC-32C of everything between `"crc":"1a2b3c4d",` and the new line. A body that is not
/// UTF-8 stands as `bodyBase64`. `method` and `query` stand behind `from` where a report came by another way than the
/// body of a POST, and `contentType` where its Content-Type was not `application/json`. A delivery that was imported says
/// so: `"imported":true`. `"behind":3` says that three more entries stand before this one that were written with it, and
/// synced with it. `"agreed":{"a":12,"b":7},"chain":"1a2b3c4d"` ends a batch that the servers of a cluster agreed on.
enum JournalLine: Equatable {
    case entry(PlacedEntry)
    /// The file before this one was given up after a failed write or sync: what it may hold behind these bytes was never
    /// acknowledged, and does not count. Stands at the beginning of a file, and has no number.
    case abandonment(file: JournalFileName, bytes: Int)

    private static let number = Array(#""n":"#.utf8)

    /// Reads a line (without its new line); `nil` if it is not whole.
    init?(_ line: ArraySlice<UInt8>) {
        guard let body = ChecksummedLine.body(of: line) else { return nil }
        if let placed = PlacedEntry(usual: body) {
            self = .entry(placed)
            return
        }
        self.init(parsing: line)
    }

    /// Reads a line of whatever form whose checksum was found right.
    init?(parsing line: ArraySlice<UInt8>) {
        guard let value = try? JSONParser.parse(Array(line)) else { return nil }
        if let name = value["abandoned"]?.string.flatMap({ JournalFileName($0) }), let bytes = value["bytes"]?.integer {
            self = .abandonment(file: name, bytes: bytes)
            return
        }
        guard let position = Position(value["n"]), let content = JournalEntry.Content(value) else { return nil }
        let entry = JournalEntry(content, updates: value["update"]?.bool ?? false)
        self = .entry(PlacedEntry(entry: entry, position: position))
    }

    /// The number of the entry in a line, without reading the rest; `nil` where the line is no whole entry.
    static func position(in line: ArraySlice<UInt8>) -> Position? {
        guard let body = ChecksummedLine.body(of: line), body.starts(with: number) else { return nil }
        return decimal(body.dropFirst(number.count).prefix { $0 != UInt8(ascii: ",") }).map { Position($0) }
    }

    /// How many entries stand before this one that were written with it.
    static func behind(in line: ArraySlice<UInt8>) -> Int {
        (try? JSONParser.parse(Array(line)))?["behind"]?.integer ?? 0
    }

    /// The line, with its new line, that says how much of another file counts.
    static func abandonment(of file: JournalFileName, behind bytes: Int) -> [UInt8] {
        var line: [UInt8] = []
        ChecksummedLine.append(to: &line) { $0 += #""abandoned":"\#(file)","bytes":\#(bytes)}"#.utf8 }
        return line
    }
}

extension PlacedEntry {
    /// Reads what a line holds behind its checksum; `nil` where that is anything else than a delivery as `write` below and
    /// `EntryDraft` write most of them. Millions of lines are read to look at all of a journal.
    init?(usual body: ArraySlice<UInt8>) {
        let placed = JSONParser.take(from: body) { parser -> PlacedEntry? in
            guard parser.take(#""n":"#), let number = parser.takeDigits(), number > 0,
                parser.take(#","at":"#), let at = parser.takeStringBytes().flatMap({ Timestamp(iso8601: $0) }),
                parser.take(#","from":"#), let from = parser.takeString()
            else { return nil }
            var delivery = Delivery(body: [], receivedAt: at, remoteAddress: from)
            if parser.take(#","contentType":"#) {
                guard let type = parser.takeString() else { return nil }
                delivery.contentType = type
            }
            delivery.imported = parser.take(#","imported":true"#)
            guard parser.take(#","body":"#), let bytes = parser.takeStringBytes() else { return nil }
            delivery.body = bytes
            let updates = parser.take(#","update":true"#)
            if parser.take(#","behind":"#), parser.takeDigits() == nil { return nil }
            guard parser.take("}") else { return nil }
            return PlacedEntry(
                entry: JournalEntry(.delivery(delivery), updates: updates), position: Position(number))
        }
        guard let placed else { return nil }
        self = placed
    }
}

extension JournalEntry.Content {
    fileprivate func write(to writer: inout JSONWriter) {
        func moment(_ time: Timestamp) {
            writer.begin("at")
            writer.time(time, .microseconds)
        }
        switch self {
        case .delivery(let delivery):
            moment(delivery.receivedAt)
            writer.member("from", delivery.remoteAddress)
            writer.member("method", delivery.method)
            writer.member("query", delivery.query)
            writer.member("declaredLength", delivery.declaredLength)
            writer.member("contentType", delivery.contentType)
            writer.mark("imported", delivery.imported)
            writer.next()
            writer.body(delivery.body)
        case .expectation(let expectation):
            moment(expectation.notedAt)
            writer.member("expect", expectation.trxid)
            writer.member("product", expectation.product)
            writer.member("destination", expectation.destination)
        }
    }

    fileprivate init?(_ value: JSONValue) {
        guard let at = value["at"]?.string.flatMap({ Timestamp(iso8601: $0) }) else { return nil }
        if let trxid = value["expect"]?.string {
            self = .expectation(
                Expectation(
                    trxid: trxid, product: value["product"]?.string, destination: value["destination"]?.string,
                    notedAt: at))
            return
        }
        guard let body = value.body, let from = value["from"]?.string else { return nil }
        self = .delivery(
            Delivery(
                body: body, receivedAt: at, remoteAddress: from, declaredLength: value["declaredLength"]?.integer,
                method: value["method"]?.string, query: value["query"]?.string,
                contentType: value["contentType"]?.string,
                imported: value["imported"]?.bool ?? false))
    }
}
