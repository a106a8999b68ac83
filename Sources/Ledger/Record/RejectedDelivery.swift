import Formats
import Journal

/// A delivery that could not be filed, as it is kept under `rejected/`.
package struct RejectedDelivery: Sendable {
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

extension Delivery {
    /// `20261122T081833.123456Z`
    var compactTime: String { receivedAt.iso8601(.microseconds).filter { $0 != "-" && $0 != ":" } }
}
