import Formats
import FoundationEssentials
import Journal
import KHOINS

extension Record {
    static let schema = 2

    /// The file's bytes: the same record always gives the same ones.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024, indents: true)
        writer.open("{")
        writer.member("trxid", callback.trxid)
        writer.member("status", callback.status.rawValue)
        writer.member("kind", callback.kind.rawValue)
        writer.member("serialNumber", callback.serialNumber)
        writer.member("product", callback.product)
        writer.member("destination", callback.destination)
        writer.member("price", callback.price)
        writer.member("reason", callback.reason)
        writer.member("memberid", callback.memberid)
        writer.member("amount", callback.amount)
        writer.member("balance", callback.balance)
        writer.member("providerStatus", callback.providerStatus)
        writer.member("providerTime", callback.providerTime)
        writer.member("text", callback.text)
        writer.mark("damaged", callback.damaged)
        writer.mark("reversed", reversed)
        writer.mark("unclear", unclear)
        writer.begin("receivedAt")
        writer.time(receivedAt)
        if let expected {
            writer.begin("expected")
            writer.raw("{ ")
            writer.pair("at", expected.at, first: true)
            writer.pair("journal", expected.journal)
            writer.raw(" }")
        }
        writer.begin("deliveries")
        writer.open("[")
        for delivery in deliveries {
            writer.next("\n    ")
            delivery.write(to: &writer)
        }
        if !deliveries.isEmpty { writer.raw("\n  ") }
        writer.close("]")
        writer.member("omittedDeliveries", omittedDeliveries == 0 ? nil : omittedDeliveries)
        if !omittedDigests.isEmpty { writer.member("omittedDigests", omittedDigests.base64) }
        if let repeats = omittedRepeats {
            writer.begin("omittedRepeats")
            writer.raw("{ ")
            writer.key("count", space: true)
            writer.integer(repeats.count)
            writer.pair("lastReceivedAt", repeats.lastReceivedAt)
            writer.pair("lastJournal", repeats.lastJournal)
            writer.raw(" }")
        }
        writer.member("schema", Self.schema)
        writer.raw("\n")
        writer.close("}")
        writer.raw("\n")
        return writer.bytes
    }

    /// Reads a file; `nil` if it is not a whole record as `json` writes it.
    package init?(json bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes), value["schema"]?.integer == Self.schema,
            let status = value["status"]?.string.flatMap(Status.init(rawValue:)),
            let kind = value["kind"]?.string.flatMap(Callback.Kind.init(rawValue:)),
            let receivedAt = value.time("receivedAt"),
            let deliveries = value["deliveries"]?.array
        else { return nil }
        let callback = Callback(
            kind: kind, trxid: value["trxid"]?.string, status: status,
            providerStatus: value["providerStatus"]?.string, serialNumber: value["serialNumber"]?.string,
            product: value["product"]?.string, destination: value["destination"]?.string,
            price: value["price"]?.integer, reason: value["reason"]?.string, memberid: value["memberid"]?.string,
            amount: value["amount"]?.integer, balance: value["balance"]?.integer,
            providerTime: value["providerTime"]?.string, text: value["text"]?.string,
            damaged: value["damaged"]?.bool ?? false, messageDigest: "")
        self.init(callback: callback, receivedAt: receivedAt)
        reversed = value["reversed"]?.bool ?? false
        unclear = value["unclear"]?.bool ?? false
        if let expected = value["expected"] {
            guard let at = expected.time("at"), let position = expected.position("journal") else { return nil }
            self.expected = Expected(at: at, journal: position)
        }
        for value in deliveries {
            guard let delivery = RecordedDelivery(value) else { return nil }
            self.deliveries.append(delivery)
        }
        omittedDeliveries = value["omittedDeliveries"]?.integer ?? 0
        if let text = value["omittedDigests"]?.string {
            guard let digests = [UInt64](base64: text), digests.count <= Self.maximumDigests else { return nil }
            omittedDigests = digests
        }
        if let repeats = value["omittedRepeats"] {
            guard let count = repeats["count"]?.integer, let time = repeats.time("lastReceivedAt"),
                let position = repeats.position("lastJournal")
            else { return nil }
            omittedRepeats = Repeats(count: count, lastReceivedAt: time, lastJournal: position)
        }
    }
}

extension [UInt64] {
    /// Eight bytes each, the highest first, as base64 (RFC 4648, section 4).
    fileprivate var base64: String {
        let bytes = flatMap { number in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        return Data(bytes).base64EncodedString()
    }

    fileprivate init?(base64 text: String) {
        guard let bytes = Data(base64Encoded: text), !bytes.isEmpty, bytes.count % 8 == 0 else { return nil }
        self = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}

extension Record.RecordedDelivery {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{ ")
        writer.pair("receivedAt", receivedAt, first: true)
        writer.pair("remoteAddress", remoteAddress)
        writer.pair("status", status.rawValue)
        writer.raw(", ")
        writer.key("count", space: true)
        writer.integer(count)
        writer.pair("lastReceivedAt", lastReceivedAt)
        writer.pair("journal", journal)
        if lastJournal != journal { writer.pair("lastJournal", lastJournal) }
        writer.raw(", ")
        writer.body(body, space: true)
        writer.raw(" }")
    }

    fileprivate init?(_ value: JSONValue) {
        guard let receivedAt = value.time("receivedAt"), let address = value["remoteAddress"]?.string,
            let status = value["status"]?.string.flatMap(Status.init(rawValue:)),
            let count = value["count"]?.integer, let lastReceivedAt = value.time("lastReceivedAt"),
            let journal = value.position("journal"), let body = value.body
        else { return nil }
        self.init(
            receivedAt: receivedAt, remoteAddress: address, status: status, count: count,
            lastReceivedAt: lastReceivedAt, journal: journal,
            lastJournal: value.position("lastJournal") ?? journal, body: body)
    }
}

extension JSONWriter {
    /// A member of an object that stands on one line.
    fileprivate mutating func pair(_ key: StaticString, _ text: String) {
        raw(", ")
        self.key(key, space: true)
        string(text)
    }

    /// The same for the number of an entry.
    fileprivate mutating func pair(_ key: StaticString, _ position: Position) {
        raw(", ")
        self.key(key, space: true)
        integer(position.number)
    }

    /// The same for a moment.
    fileprivate mutating func pair(_ key: StaticString, _ moment: Timestamp, first: Bool = false) {
        if !first { raw(", ") }
        self.key(key, space: true)
        time(moment)
    }
}

extension JSONValue {
    fileprivate func time(_ key: String) -> Timestamp? { self[key]?.string.flatMap { Timestamp(iso8601: $0) } }

    fileprivate func position(_ key: String) -> Position? { Position(self[key]) }
}
