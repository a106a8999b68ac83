import Glibc

/// Appends JSON to bytes: the same value always gives the same bytes, text stays readable UTF-8, and only what
/// RFC 8259 demands is escaped.
package struct JSONWriter: ~Copyable {
    private var buffer: ByteBuffer
    private var needsComma = false
    /// Members of objects stand on lines of their own.
    let indents: Bool

    /// - Parameter indents: Puts each member that `begin` begins on a line of its own.
    package init(reservingCapacity capacity: Int = 1024, indents: Bool = false) {
        buffer = ByteBuffer(capacity: capacity)
        self.indents = indents
    }

    /// A copy of what was written.
    package var bytes: [UInt8] { buffer.bytes }

    /// How many bytes were written.
    package var count: Int { buffer.count }

    /// Starts an object or an array: `{` or `[`.
    package mutating func open(_ bracket: Unicode.Scalar) {
        buffer.append(UInt8(ascii: bracket))
        needsComma = false
    }

    /// Ends an object or an array: `}` or `]`.
    package mutating func close(_ bracket: Unicode.Scalar) {
        buffer.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Separates from the value before; `separator` goes between the comma and what follows (a new line, say).
    package mutating func next(_ separator: StaticString = "") {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        if separator.utf8CodeUnitCount > 0 { raw(separator) }
        needsComma = true
    }

    /// Bytes as they are.
    package mutating func raw(_ text: StaticString) {
        buffer.append(text)
    }

    /// Bytes as they are.
    package mutating func raw(_ more: [UInt8]) {
        buffer.append(more)
    }

    /// Bytes of white space, so that there are `length` of all bytes.
    package mutating func pad(to length: Int) { buffer.pad(to: length, with: UInt8(ascii: " ")) }

    /// All that stands before a member's value; `separator` goes between the comma and the key.
    @inline(__always)
    mutating func begin(_ key: StaticString, behind separator: StaticString) {
        let (length, indent) = (key.utf8CodeUnitCount, separator.utf8CodeUnitCount)
        let needsComma = needsComma
        self.needsComma = true
        buffer.append(upTo: indent + length + 5) { target in
            var target = target
            let start = target
            if needsComma {
                target[0] = UInt8(ascii: ",")
                target += 1
            }
            memcpy(target, separator.utf8Start, indent)
            target += indent
            target[0] = UInt8(ascii: "\"")
            memcpy(target + 1, key.utf8Start, length)
            target += length + 1
            target[0] = UInt8(ascii: "\"")
            target[1] = UInt8(ascii: ":")
            target += 2
            if indents {
                target[0] = UInt8(ascii: " ")
                target += 1
            }
            return target - start
        }
    }

    /// A member's key, with its colon. Call `next` before it.
    package mutating func key(_ key: StaticString, space: Bool = false) {
        let length = key.utf8CodeUnitCount
        buffer.append(upTo: length + 4) { target in
            target[0] = UInt8(ascii: "\"")
            memcpy(target + 1, key.utf8Start, length)
            target[length + 1] = UInt8(ascii: "\"")
            target[length + 2] = UInt8(ascii: ":")
            target[length + 3] = UInt8(ascii: " ")
            return length + (space ? 4 : 3)
        }
    }

    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string($0) }
    }

    /// A string from bytes that must be UTF-8.
    package mutating func string(_ utf8: [UInt8]) {
        utf8.withUnsafeBufferPointer { string($0) }
    }

    private mutating func string(_ utf8: UnsafeBufferPointer<UInt8>) {
        buffer.append(UInt8(ascii: "\""))
        escape(utf8)
        buffer.append(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: Int) {
        buffer.appendDigits(value)
    }

    /// A moment as a string, as `Timestamp.iso8601` gives it.
    package mutating func time(_ time: Timestamp, _ fraction: Timestamp.Fraction = .milliseconds) {
        buffer.append(UInt8(ascii: "\""))
        buffer.append(time, fraction)
        buffer.append(UInt8(ascii: "\""))
    }

    package mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
        guard var source = utf8.baseAddress else { return }
        let end = source + utf8.count
        while source < end {
            // Where more is escaped than that has room for, it goes on behind what was written.
            let room = end - source + (end - source) / 4 + 2 * Self.longestEscape
            buffer.append(upTo: room) { Self.escape(&source, to: end, into: $0, room: room) }
        }
    }

    /// `\u0000`
    private static let longestEscape = 6

    /// Escapes bytes as long as there is room for all the others and one more escape.
    ///
    /// - Parameter source: Where the bytes begin; on return, where those begin that are left.
    /// - Returns: How many were written.
    private static func escape(
        _ source: inout UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>,
        room: Int
    ) -> Int {
        var length = 0
        while true {
            let plain = PlainBytes.copy(source, count: end - source, into: target + length)
            source += plain
            length += plain
            // What has to be escaped seldom comes alone: a callback's report stands escaped in its body.
            while source < end, !PlainBytes.contains(source.pointee) {
                if room - length < end - source + longestEscape { return length }
                length += escape(source.pointee, into: target + length)
                source += 1
            }
            if source == end { return length }
        }
    }

    @inline(__always)
    private static func escape(_ byte: UInt8, into target: UnsafeMutablePointer<UInt8>) -> Int {
        target[0] = UInt8(ascii: "\\")
        target[1] = byte
        if byte >= 0x20 { return 2 }
        switch byte {
        case 0x0A: target[1] = UInt8(ascii: "n")
        case 0x0D: target[1] = UInt8(ascii: "r")
        case 0x09: target[1] = UInt8(ascii: "t")
        default:
            target[1] = UInt8(ascii: "u")
            target[2] = UInt8(ascii: "0")
            target[3] = UInt8(ascii: "0")
            target[4] = HexDigits.lower[Int(byte >> 4)]
            target[5] = HexDigits.lower[Int(byte & 15)]
            return longestEscape
        }
        return 2
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
        case .number(let token): raw(Array(token.utf8))
        case .bool(let flag): bool(flag)
        case .null: raw("null")
        }
    }
}
