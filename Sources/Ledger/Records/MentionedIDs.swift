import KHOINSCallback

/// The ids that a rejected delivery seems to be about, for an operator who looks for one: a guess that files nothing.
package struct MentionedIDs: Equatable, Sendable {
    package var trxid: String?
    package var memberid: String?

    /// Bytes of an id that are kept; a longer one could be no record's.
    private static let maximumLength = 200

    package init(_ delivery: Delivery) {
        self.init(body: delivery.body, query: delivery.query)
    }

    /// - Parameter query: What the URL carried besides, which speaks first.
    package init(body: [UInt8], query: String?) {
        let query = Array((query ?? "").utf8)
        func mentioned(_ names: [String]) -> String? {
            for name in names {
                if let value = QueryFields.value(of: name, in: query) { return Self.bounded(value) }
            }
            return Self.inBody(body, names).flatMap(Self.bounded)
        }
        trxid = mentioned(["refid", "trxid"])
        memberid = mentioned(["memberid"])
    }

    private static func bounded(_ id: String) -> String? { id.utf8.count <= maximumLength ? id : nil }

    /// The value behind the first of these names in a body, whatever that is. Linear in the body.
    private static func inBody(_ body: [UInt8], _ names: [String]) -> String? {
        for name in names {
            let name = Array(name.utf8)
            var index = 0
            while index + name.count <= body.count {
                defer { index += 1 }
                guard body[index] | 0x20 == name[0],
                    zip(body[index...], name).allSatisfy({ $0 | 0x20 == $1 }),
                    index == 0 || !isWordByte(body[index - 1]),
                    let value = value(in: body, behind: index + name.count)
                else { continue }
                return value
            }
        }
        return nil
    }

    /// What stands behind a name as its value: a quoted text, however often its quotes are escaped, a number, or the
    /// word of a form (`refid=KH-1&…`).
    private static func value(in body: [UInt8], behind start: Int) -> String? {
        var index = start
        var hasSeparator = false
        while index < body.count, index < start + 32 {
            let byte = body[index]
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "=") {
                if hasSeparator { return nil }
                hasSeparator = true
            } else if !" \t\r\n\"'\\".utf8.contains(byte) {
                break
            }
            index += 1
        }
        guard hasSeparator else { return nil }
        let value = body[index...].prefix { byte in
            byte >= 0x20 && !"\"'\\,}]&".utf8.contains(byte)
        }
        let text = String(decoding: value.prefix(maximumLength + 1), as: UTF8.self)
        let trimmed = text.drop { $0 == " " }
        return trimmed.isEmpty || trimmed == "null" ? nil : String(trimmed.reversed().drop { $0 == " " }.reversed())
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
    }
}
