import FoundationEssentials
import KHOINSCallback

/// One line of the journal.
///
/// On disk: `{"crc":"1a2b3c4d","at":"2026-11-22T08:18:33.123456Z","from":"182.23.3.230","body":"…"}` and a new line.
/// The checksum is the CRC-32C of everything between `"crc":"1a2b3c4d",` and the new line. A body that is not UTF-8
/// stands as `bodyBase64`. A delivery that was imported says so: `"imported":true`. `method` and `query` stand behind
/// `from` where a report came by another way than the body of a POST.
package struct JournalEntry: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case delivery(Delivery)
        case expectation(Expectation)
        /// From this position on the file before this one was given up after a failed write or sync: what it may hold
        /// there was never acknowledged, and does not count.
        case abandonment(Position)
    }

    package var content: Content
    /// The record existed when this entry was written: its earlier deliveries are somewhere before.
    package var updates: Bool = false

    init(_ content: Content, updates: Bool = false) {
        self.content = content
        self.updates = updates
    }

    /// The entry's line, with its new line.
    var line: [UInt8] { PreparedEntry(content).line(updating: updates) }

    /// Reads a line (without its new line); `nil` if it is not whole.
    init?(line: ArraySlice<UInt8>) {
        guard ChecksummedLine.body(of: line) != nil, let value = try? JSONParser.parse(Array(line)),
            let content = Content(value)
        else { return nil }
        self.content = content
        updates = value["update"]?.bool ?? false
    }
}

/// An entry made ready to be written: all but its end, which depends on what the ledger holds at that moment.
package struct PreparedEntry: Sendable {
    package let content: JournalEntry.Content
    private let bytes: [UInt8]
    private let checksum: CRC32C

    package init(_ content: JournalEntry.Content) {
        self.content = content
        var writer = JSONWriter()
        content.write(to: &writer)
        bytes = writer.bytes
        var checksum = CRC32C()
        checksum.update(bytes)
        self.checksum = checksum
    }

    /// Bytes that `line` can take, at most.
    var maximumLength: Int { bytes.count + 64 }

    func line(updating: Bool) -> [UInt8] {
        let end = Array((updating ? #","update":true}"# : "}").utf8)
        var checksum = checksum
        checksum.update(end)
        return ChecksummedLine.line(body: bytes + end, checksum: checksum)
    }
}

extension JournalEntry.Content {
    fileprivate func write(to writer: inout JSONWriter) {
        func member(_ key: StaticString, _ text: String?) {
            guard let text else { return }
            writer.next()
            writer.key(key)
            writer.string(text)
        }
        func moment(_ time: Timestamp) {
            writer.next()
            writer.key("at")
            writer.time(time, .microseconds)
        }
        switch self {
        case .delivery(let delivery):
            moment(delivery.receivedAt)
            member("from", delivery.remoteAddress)
            member("method", delivery.method)
            member("query", delivery.query)
            if let declared = delivery.declaredLength {
                writer.next()
                writer.key("declaredLength")
                writer.integer(declared)
            }
            if delivery.imported {
                writer.next()
                writer.key("imported")
                writer.bool(true)
            }
            writer.next()
            writer.body(delivery.body)
        case .expectation(let expectation):
            moment(expectation.notedAt)
            member("expect", expectation.trxid)
            member("product", expectation.product)
            member("destination", expectation.destination)
        case .abandonment(let position):
            member("abandoned", position.description)
        }
    }

    fileprivate init?(_ value: JSONValue) {
        if let position = value["abandoned"]?.string.flatMap({ Position($0) }) {
            self = .abandonment(position)
            return
        }
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
                imported: value["imported"]?.bool ?? false, method: value["method"]?.string,
                query: value["query"]?.string))
    }
}

extension JSONWriter {
    /// A body as a member: `"body"` with its text, or `"bodyBase64"` where it is not UTF-8.
    mutating func body(_ body: [UInt8], space: Bool = false) {
        if body.isUTF8 {
            key("body", space: space)
            string(body)
        } else {
            key("bodyBase64", space: space)
            string(Data(body).base64EncodedString())
        }
    }
}

extension JSONValue {
    /// The bytes of a body that `JSONWriter.body` wrote.
    var body: [UInt8]? {
        if let text = self["body"]?.string { return Array(text.utf8) }
        return self["bodyBase64"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
}

extension [UInt8] {
    var isUTF8: Bool { isASCII || String(validating: self, as: UTF8.self) != nil }
}
