import Formats
import FoundationEssentials
import Journal
import KHOINS

extension Record {
    static let schema = 2

    /// The file's bytes: the same record always gives the same ones.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.open("{")
        writer.text("trxid", callback.trxid)
        writer.text("status", callback.status.rawValue)
        writer.text("kind", callback.kind.rawValue)
        writer.text("serialNumber", callback.serialNumber)
        writer.text("product", callback.product)
        writer.text("destination", callback.destination)
        writer.number("price", callback.price)
        writer.text("reason", callback.reason)
        writer.text("memberid", callback.memberid)
        writer.number("amount", callback.amount)
        writer.number("balance", callback.balance)
        writer.text("providerStatus", callback.providerStatus)
        writer.text("providerTime", callback.providerTime)
        writer.text("text", callback.text)
        writer.mark("damaged", callback.damaged)
        writer.mark("reversed", reversed)
        writer.mark("unclear", unclear)
        writer.next("\n  ")
        writer.key("receivedAt", space: true)
        writer.time(receivedAt)
        if let expected {
            writer.next("\n  ")
            writer.key("expected", space: true)
            writer.raw("{ ")
            writer.pair("at", expected.at, first: true)
            writer.pair("journal", expected.journal)
            writer.raw(" }")
        }
        writer.next("\n  ")
        writer.key("deliveries", space: true)
        writer.open("[")
        for delivery in deliveries {
            writer.next("\n    ")
            delivery.write(to: &writer)
        }
        if !deliveries.isEmpty { writer.raw("\n  ") }
        writer.close("]")
        writer.number("omittedDeliveries", omittedDeliveries == 0 ? nil : omittedDeliveries)
        if !omittedDigests.isEmpty { writer.text("omittedDigests", omittedDigests.base64) }
        if let repeats = omittedRepeats {
            writer.next("\n  ")
            writer.key("omittedRepeats", space: true)
            writer.raw("{ ")
            writer.key("count", space: true)
            writer.integer(repeats.count)
            writer.pair("lastReceivedAt", repeats.lastReceivedAt)
            writer.pair("lastJournal", repeats.lastJournal)
            writer.raw(" }")
        }
        writer.number("schema", Self.schema)
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
    fileprivate mutating func text(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        next("\n  ")
        self.key(key, space: true)
        string(text)
    }

    fileprivate mutating func number(_ key: StaticString, _ number: Int?) {
        guard let number else { return }
        next("\n  ")
        self.key(key, space: true)
        integer(number)
    }

    fileprivate mutating func mark(_ key: StaticString, _ isTrue: Bool) {
        guard isTrue else { return }
        next("\n  ")
        self.key(key, space: true)
        bool(true)
    }

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
