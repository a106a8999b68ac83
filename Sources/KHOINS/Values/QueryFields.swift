import Formats

/// The fields of a URL's query (`a=b&c=d`), percent-decoded.
package enum QueryFields {
    /// The members of a report that tell it from any other query.
    private static let reportNames: Set<String> = ["refid", "trxid", "message", "memberid"]

    /// Whether a query carries a report, or a part of one.
    package static func carryReport(_ query: [UInt8]) -> Bool {
        if query.isEmpty { return false }
        return query.split(separator: UInt8(ascii: "&")).contains { reportNames.contains(name(of: $0)) }
    }

    /// The value of the first field of a name, in any case; `nil` where there is none, or it is empty.
    package static func value(of wanted: String, in query: [UInt8]) -> String? {
        for field in query.split(separator: UInt8(ascii: "&")) where name(of: field) == wanted {
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = percentDecoded(field[(equals + 1)...], plusIsSpace: true)
            if !value.isEmpty { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    /// The name of a field in lower case, without what PHP and others put behind it in brackets.
    package static func name(of field: ArraySlice<UInt8>) -> String {
        let encoded = field.prefix { $0 != UInt8(ascii: "=") }
        let name = percentDecoded(encoded, plusIsSpace: true).prefix { $0 != UInt8(ascii: "[") }
        return String(decoding: Array(name).trimmingWhiteSpace, as: UTF8.self).lowercased()
    }

    /// Bytes without their percent-encoding (RFC 3986, section 2.1); what is none stays as it is.
    package static func percentDecoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
        if !text.contains(UInt8(ascii: "%")), !plusIsSpace { return Array(text) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = HexDigits.value(of: rest[rest.startIndex]),
                let low = HexDigits.value(of: rest[rest.startIndex + 1])
            {
                rest.removeFirst(2)
                decoded.append(UInt8(high << 4 | low))
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return decoded
    }
}
