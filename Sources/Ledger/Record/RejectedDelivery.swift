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
        var writer = JSONWriter(indents: true)
        writer.open("{")
        writer.member("receivedAt", delivery.receivedAt.iso8601(.microseconds))
        writer.member("remoteAddress", delivery.remoteAddress)
        writer.member("method", delivery.method)
        writer.member("query", delivery.query)
        let mentioned = MentionedIDs(delivery)
        writer.member("trxid", mentioned.trxid)
        writer.member("memberid", mentioned.memberid)
        writer.member("error", rejection.explanation)
        writer.member("journal", position.number)
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
