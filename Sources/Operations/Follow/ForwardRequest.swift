import Formats
import Journal
import KHOINS

/// One entry as a request to the shop, in the words of curl's configuration (curl(1), --config).
struct ForwardRequest {
    /// Bytes of a body that stand in the configuration itself; curl takes no line of any length.
    private static let longestBody = 32 << 10

    private let telling: Telling
    private let delivery: Delivery

    /// `nil` for what is no delivery.
    init?(_ telling: Telling) {
        guard let delivery = telling.delivery else { return nil }
        self.telling = telling
        self.delivery = delivery
    }

    var body: [UInt8] { delivery.body }

    /// Whether the body can stand in the configuration.
    var isPlain: Bool { delivery.body.count <= Self.longestBody && !delivery.body.contains(0) }

    /// The headers that the shop gets, beside those of every request.
    var headers: [(name: String, value: String)] {
        let position = telling.position.description
        return [
            ("Content-Type", delivery.contentType ?? "application/json"),
            ("X-Khoins-Trxid", Self.headerValue(telling.trxid ?? "")),
            ("X-Khoins-Status", telling.status.rawValue), ("X-Khoins-Position", position),
            ("Idempotency-Key", position),
        ].filter { !$0.1.isEmpty }
    }

    /// The lines that are this request's own.
    ///
    /// - Parameter file: The body's path, where it does not stand here.
    func lines(bodyIn file: String?) -> [UInt8] {
        var lines: [UInt8] = []
        for (name, value) in headers {
            lines += "header = \"\(name): ".utf8
            lines += Self.quoted(value.utf8)
            lines += "\"\n".utf8
        }
        if let file {
            lines += "data-binary = \"@\(file)\"\n".utf8
        } else {
            lines += "data-raw = \"".utf8
            lines += Self.quoted(delivery.body)
            lines += "\"\n".utf8
        }
        return lines
    }

    /// What a header can carry of a text: a byte that it cannot stands as `%0A` does in a URL, and so does the percent
    /// sign itself, so that decoding gives the text back (PHP's `rawurldecode`).
    static func headerValue(_ text: String) -> String {
        var value: [UInt8] = []
        for byte in text.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                value.append(byte)
            } else {
                value += [UInt8(ascii: "%"), HexDigits.upper[Int(byte >> 4)], HexDigits.upper[Int(byte & 15)]]
            }
        }
        return String(decoding: value, as: UTF8.self)
    }

    /// Bytes as they stand between the quotes of a line.
    static func quoted(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var quoted: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): quoted += #"\\"#.utf8
            case UInt8(ascii: "\""): quoted += #"\""#.utf8
            case UInt8(ascii: "\n"): quoted += #"\n"#.utf8
            case UInt8(ascii: "\r"): quoted += #"\r"#.utf8
            case UInt8(ascii: "\t"): quoted += #"\t"#.utf8
            case 0x0B: quoted += #"\v"#.utf8
            default: quoted.append(byte)
            }
        }
        return quoted
    }
}
