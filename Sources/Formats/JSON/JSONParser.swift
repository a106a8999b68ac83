import Glibc

/// Reads JSON texts strictly (RFC 8259), but takes any bytes inside strings.
///
/// Work and memory are linear in the input. Nesting is bounded, so hostile input cannot exhaust the stack.
package struct JSONParser: ~Copyable {
    /// Why a text is not JSON, with the offset in bytes at which that showed.
    package struct Failure: Error, Equatable {
        package enum Reason: Equatable, Sendable {
            case endOfInput
            case unexpectedByte
            case controlCharacterInString
            case badEscape
            case tooDeep
            case trailingBytes
        }

        package var reason: Reason
        package var offset: Int
    }

    /// Arrays and objects inside one another, at most.
    package static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private let isTolerant: Bool
    private var index: Int
    /// The string that is being decoded, where it has escapes.
    private var decoded = ByteBuffer(capacity: 16)

    private init(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int = 0, isTolerant: Bool = false) {
        self.bytes = bytes
        self.isTolerant = isTolerant
        self.index = index
    }

    /// Reads a whole text: one value with white space around it, after an optional byte order mark.
    package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            var parser = JSONParser(bytes)
            if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { parser.index = 3 }
            let value = try parser.value(depth: 0)
            parser.skipWhiteSpace()
            guard parser.index == bytes.count else { throw parser.failure(.trailingBytes) }
            return value
        }
    }

    /// Reads one value that starts at `offset` and returns it with the offset behind it, though the text breaks rules
    /// that do not part one member from another: control characters and unknown escapes inside strings stand for
    /// themselves, `\'` is an apostrophe, commas may be too many, and NULs may stand where white space may.
    package static func parseTolerantly(
        _ bytes: [UInt8], at offset: Int
    ) throws(Failure) -> (value: JSONValue, end: Int) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            var parser = JSONParser(bytes, at: offset, isTolerant: true)
            let value = try parser.value(depth: 0)
            return (value, parser.index)
        }
    }

    private func failure(_ reason: Failure.Reason) -> Failure {
        Failure(reason: index >= bytes.count && reason == .unexpectedByte ? .endOfInput : reason, offset: index)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipWhiteSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): index += 1
            case 0 where isTolerant: index += 1
            default: return
            }
        }
    }

    private mutating func skipCommas() {
        skipWhiteSpace()
        while current == UInt8(ascii: ",") {
            index += 1
            skipWhiteSpace()
        }
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard current == byte else { throw failure(.unexpectedByte) }
        index += 1
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        skipWhiteSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
        index += 1
        var members: [JSONValue.Member] = []
        skipWhiteSpace()
        if current == UInt8(ascii: "}") {
            index += 1
            return .object(members)
        }
        // As many as a report has.
        members.reserveCapacity(4)
        while true {
            skipWhiteSpace()
            guard current == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let key = try string()
            skipWhiteSpace()
            try expect(UInt8(ascii: ":"))
            members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
            skipWhiteSpace()
            if current == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","))
            if isTolerant {
                skipCommas()
                if current == UInt8(ascii: "}") { break }
            }
        }
        index += 1
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
        index += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if current == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipWhiteSpace()
            if current == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","))
            if isTolerant {
                skipCommas()
                if current == UInt8(ascii: "]") { break }
            }
        }
        index += 1
        return .array(elements)
    }

    private mutating func number() throws(Failure) -> String {
        let start = index
        if current == UInt8(ascii: "-") { index += 1 }
        if current == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        return text(start..<index)
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        guard index > start else { throw failure(.unexpectedByte) }
    }

    private mutating func string() throws(Failure) -> String {
        if let plain = try stringBytes() { return text(plain) }
        return decoded.text
    }

    /// Takes a string in.
    ///
    /// - Returns: Where its bytes stand; `nil` where it has escapes: then they are decoded.
    private mutating func stringBytes() throws(Failure) -> Range<Int>? {
        index += 1
        let start = index
        index = PlainBytes.end(in: bytes, from: start)
        if current == UInt8(ascii: "\"") {
            index += 1
            return start..<(index - 1)
        }
        decoded.removeAll()
        index = start
        while true {
            takePlain()
            guard index < bytes.count else { throw failure(.endOfInput) }
            if bytes[index] == UInt8(ascii: "\"") { break }
            if isTolerant {
                index = try JSONEscape.decodeTolerantly(bytes, at: index, into: &decoded)
                continue
            }
            guard bytes[index] == UInt8(ascii: "\\") else { throw failure(.controlCharacterInString) }
            index = try JSONEscape.decode(bytes, at: index, into: &decoded)
        }
        index += 1
        return nil
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    /// Moves bytes that stand for themselves to the string that is being decoded, those behind a backslash included.
    private mutating func takePlain() {
        guard let start = bytes.baseAddress else { return }
        let end = start + bytes.count
        var source = start + index
        decoded.append(upTo: end - source) { target in
            var length = 0
            while true {
                let plain = PlainBytes.copy(source, count: end - source, into: target + length)
                source += plain
                length += plain
                guard end - source > 1, source[0] == UInt8(ascii: "\\"), JSONEscape.isItself(source[1]) else {
                    return length
                }
                target[length] = source[1]
                source += 2
                length += 1
            }
        }
        index = source - start
    }
}

// MARK: Texts of a known form

/// What this program has written itself mostly has one form, and is read several times as quickly by who knows that.
extension JSONParser {
    /// Reads a text piece by piece.
    ///
    /// - Parameter body: Takes what it expects; `nil` where something else came.
    /// - Returns: `nil` where the text has another form, or goes on behind what was taken. Then it is to be parsed: it may be
    ///   JSON all the same.
    package static func take<Value>(
        from bytes: ArraySlice<UInt8>, _ body: (inout JSONParser) -> Value?
    ) -> Value? {
        bytes.withUnsafeBufferPointer { bytes in
            var parser = JSONParser(bytes)
            guard let value = body(&parser), parser.index == bytes.count else { return nil }
            return value
        }
    }

    /// Goes on behind this, if it comes next.
    package mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count, let start = bytes.baseAddress,
            memcmp(start + index, word.utf8Start, count) == 0
        else { return false }
        index += count
        return true
    }

    /// Takes a number of digits alone.
    package mutating func takeDigits() -> Int? {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        if index - start > 1, bytes[start] == UInt8(ascii: "0") { return nil }
        return decimal(UnsafeBufferPointer(rebasing: bytes[start..<index]))
    }

    package mutating func takeString() -> String? {
        guard current == UInt8(ascii: "\"") else { return nil }
        return try? string()
    }

    /// Takes a string as its bytes; `nil` where they are not UTF-8.
    package mutating func takeStringBytes() -> [UInt8]? {
        guard current == UInt8(ascii: "\"") else { return nil }
        let taken: [UInt8]
        do {
            if let plain = try stringBytes() {
                taken = Array(UnsafeBufferPointer(rebasing: bytes[plain]))
            } else {
                taken = decoded.bytes
            }
        } catch { return nil }
        return taken.isUTF8 ? taken : nil
    }
}
