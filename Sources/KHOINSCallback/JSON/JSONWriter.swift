/// Appends JSON to bytes: the same value always gives the same bytes, text stays readable UTF-8, and only what
/// RFC 8259 demands is escaped.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reservingCapacity capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Starts an object or an array: `{` or `[`.
    package mutating func open(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    /// Ends an object or an array: `}` or `]`.
    package mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Separates from the value before; `separator` goes between the comma and what follows (a new line, say).
    package mutating func next(_ separator: StaticString = "") {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        raw(separator)
        needsComma = true
    }

    /// Bytes as they are.
    package mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Bytes as they are.
    package mutating func raw(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// A member's key, with its colon. Call `next` before it.
    package mutating func key(_ key: StaticString, space: Bool = false) {
        bytes.append(UInt8(ascii: "\""))
        raw(key)
        raw(space ? "\": " : "\":")
    }

    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string($0) }
    }

    /// A string from bytes that must be UTF-8.
    package mutating func string(_ utf8: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        if utf8.withContiguousStorageIfAvailable({ escape($0) }) == nil {
            Array(utf8).withUnsafeBufferPointer { escape($0) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: Int) {
        bytes.appendDigits(value)
    }

    /// A moment as a string, as `Timestamp.iso8601` gives it.
    package mutating func time(_ time: Timestamp, _ fraction: Timestamp.Fraction = .milliseconds) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(time, fraction)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
        var runStart = 0
        for index in utf8.indices {
            let byte = utf8[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart..<index]))
            runStart = index + 1
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            default:
                raw("\\u00")
                bytes.append(HexDigits.lower[Int(byte >> 4)])
                bytes.append(HexDigits.lower[Int(byte & 15)])
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart...]))
    }
}

extension JSONWriter {
    /// A whole value, without white space.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .object(let members):
            open("{")
            for member in members {
                next()
                string(member.key)
                raw(":")
                self.value(member.value)
            }
            close("}")
        case .array(let elements):
            open("[")
            for element in elements {
                next()
                self.value(element)
            }
            close("]")
        case .string(let text): string(text)
        case .number(let token): raw(token.utf8)
        case .bool(let flag): bool(flag)
        case .null: raw("null")
        }
    }
}
