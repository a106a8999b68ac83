import KHOINSCallback

/// A delivery that could not be filed, as it is kept under `rejected/`.
struct RejectedDelivery: Sendable {
    var delivery: Delivery
    var rejection: Rejection
    var position: Position

    /// `20261122T081833.123456Z-000001-4096.json`: when it came, and where it stands in the journal.
    var fileName: String {
        "\(delivery.compactTime)-\(position.fileNamePart).json"
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
        member("journal", position.description)
        writer.next("\n  ")
        writer.body(delivery.body, space: true)
        writer.raw("\n")
        writer.close("}")
        writer.raw("\n")
        return writer.bytes
    }
}

extension Position {
    /// `000001-4096`, for the names of files that are about one entry.
    var fileNamePart: String { "\(padded(file.number, 6))-\(offset)" }
}
