import Formats
import Journal

/// A delivery that could not be filed, as it is kept under `rejected/`.
package struct RejectedDelivery: Sendable {
    package var delivery: Delivery
    package var rejection: Rejection
    package var position: Position

    /// `20261122T081833.123456Z-4711.json`: when it came, and its number.
    var fileName: String {
        "\(delivery.compactTime)-\(position).json"
    }

    /// The number in such a name; `nil` in any other.
    static func position(inFileName name: String) -> Position? {
        guard name.hasSuffix(".json"), let dash = name.lastIndex(of: "-") else { return nil }
        return Position(name[name.index(after: dash)...].dropLast(5))
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        func member(_ key: StaticString, _ text: String) {
            writer.next("\n  ")
            writer.key(key, space: true)
            writer.string(text)
        }
        member("receivedAt", delivery.receivedAt.iso8601(.microseconds))
        member("remoteAddress", delivery.remoteAddress)
        if let method = delivery.method { member("method", method) }
        if let query = delivery.query { member("query", query) }
        let mentioned = MentionedIDs(delivery)
        if let trxid = mentioned.trxid { member("trxid", trxid) }
        if let memberid = mentioned.memberid { member("memberid", memberid) }
        member("error", rejection.explanation)
        writer.next("\n  ")
        writer.key("journal", space: true)
        writer.integer(position.number)
        writer.next("\n  ")
        writer.body(delivery.body, space: true)
        writer.raw("\n")
        writer.close("}")
        writer.raw("\n")
        return writer.bytes
    }
}

extension Delivery {
    /// `20261122T081833.123456Z`
    var compactTime: String { receivedAt.iso8601(.microseconds).filter { $0 != "-" && $0 != ":" } }
}
