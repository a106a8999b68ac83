import Glibc

/// The head of a FastCGI record (FastCGI 1.0, section 3.3).
struct FastCGIRecord: Equatable, Sendable {
    static let headLength = 8
    static let maximumContent = 65_535

    /// Record types (section 8); others exist.
    enum Kind {
        static let beginRequest: UInt8 = 1
        static let abortRequest: UInt8 = 2
        static let endRequest: UInt8 = 3
        static let parameters: UInt8 = 4
        static let standardInput: UInt8 = 5
        static let standardOutput: UInt8 = 6
        static let getValues: UInt8 = 9
        static let getValuesResult: UInt8 = 10
        static let unknownType: UInt8 = 11
    }

    /// Why a request ended (section 5.5).
    enum ProtocolStatus: UInt8 {
        case complete = 0
        case cannotMultiplex = 1
        case overloaded = 2
        case unknownRole = 3
    }

    static let responderRole = 1
    static let keepConnection: UInt8 = 1

    var kind: UInt8
    var requestID: UInt16
    var contentLength: Int
    var paddingLength: Int

    /// Reads a head of eight bytes; `nil` for another version than 1.
    init?(head: [UInt8]) {
        guard let record = head.withUnsafeBytes({ FastCGIRecord(head: $0) }) else { return nil }
        self = record
    }

    init?(head: UnsafeRawBufferPointer) {
        guard head.count == Self.headLength, head[0] == 1 else { return nil }
        kind = head[1]
        requestID = UInt16(head[2]) << 8 | UInt16(head[3])
        contentLength = Int(head[4]) << 8 | Int(head[5])
        paddingLength = Int(head[6])
    }

    /// The bytes of one record without padding; `content` must fit into one.
    static func bytes(_ kind: UInt8, id: UInt16, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(kind, id: id, content[...], to: &bytes)
        return bytes
    }

    /// The bytes of a stream: as many records as it takes, and the empty one that ends it.
    static func stream(_ kind: UInt8, id: UInt16, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        appendStream(kind, id: id, content, to: &bytes)
        return bytes
    }

    static func append(_ kind: UInt8, id: UInt16, _ content: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        precondition(content.count <= maximumContent)
        bytes += [
            1, kind, UInt8(id >> 8), UInt8(id & 0xFF), UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0,
        ]
        bytes += content
    }

    static func appendStream(_ kind: UInt8, id: UInt16, _ content: [UInt8], to bytes: inout [UInt8]) {
        var rest = content[...]
        while !rest.isEmpty {
            append(kind, id: id, rest.prefix(maximumContent), to: &bytes)
            rest = rest.dropFirst(maximumContent)
        }
        append(kind, id: id, [], to: &bytes)
    }

    /// A request to a responder that says nothing, and asks to keep the connection, so that closing it stays our affair.
    static func emptyRequest(id: UInt16) -> [UInt8] {
        bytes(Kind.beginRequest, id: id, [0, UInt8(responderRole), keepConnection, 0, 0, 0, 0, 0])
            + bytes(Kind.parameters, id: id, []) + bytes(Kind.standardInput, id: id, [])
    }

    /// The value of a name in a stream of parameters, as C has it: of several the first, and up to a NUL. `nil` where
    /// there is none.
    static func value(of name: String, in parameters: [UInt8]) -> String? {
        var name = name
        return name.withUTF8 { name in
            parameters.withUnsafeBufferPointer { bytes in
                guard let wanted = name.baseAddress, let start = bytes.baseAddress else { return nil }
                var found: String?
                _ = forEachPair(bytes) { place, nameLength, valueLength in
                    guard nameLength == name.count, memcmp(start + place, wanted, nameLength) == 0 else { return true }
                    let text = start + place + nameLength
                    let end = memchr(text, 0, valueLength).map { UnsafeRawPointer($0) - UnsafeRawPointer(text) }
                    let bytes = UnsafeBufferPointer(start: text, count: end ?? valueLength)
                    found = String(decoding: bytes, as: UTF8.self)
                    return false
                }
                return found
            }
        }
    }

    static func end(id: UInt16, _ status: ProtocolStatus) -> [UInt8] {
        bytes(Kind.endRequest, id: id, [0, 0, 0, 0, status.rawValue, 0, 0, 0])
    }

    /// The names and values in a stream of parameters (section 3.4); `nil` if a length leads outside it.
    static func pairs(_ bytes: [UInt8]) -> [(name: Range<Int>, value: Range<Int>)]? {
        var pairs: [(name: Range<Int>, value: Range<Int>)] = []
        let isWhole = bytes.withUnsafeBufferPointer { bytes in
            forEachPair(bytes) { start, nameLength, valueLength in
                let valueStart = start + nameLength
                pairs.append((start..<valueStart, valueStart..<(valueStart + valueLength)))
                return true
            }
        }
        return isWhole ? pairs : nil
    }

    /// Whether no length in a stream of parameters leads outside it.
    static func arePairs(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { forEachPair($0) { _, _, _ in true } }
    }

    /// Calls `body` with where each name begins, right before its value, and with the lengths of both, until it says that
    /// it is enough. Numbers alone: the ranges of all pairs that nobody asks for would cost more than to pass over them.
    ///
    /// - Returns: Whether no length leads outside the bytes, as far as they were looked at.
    @inline(__always)
    private static func forEachPair(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (_ start: Int, _ nameLength: Int, _ valueLength: Int) -> Bool
    ) -> Bool {
        var index = 0
        while index < bytes.count {
            let nameLength: Int
            let valueLength: Int
            if bytes.count - index >= 2, bytes[index] | bytes[index + 1] < 0x80 {
                // Hardly any is longer.
                (nameLength, valueLength) = (Int(bytes[index]), Int(bytes[index + 1]))
                index += 2
            } else {
                guard let first = length(bytes, &index), let second = length(bytes, &index) else { return false }
                (nameLength, valueLength) = (first, second)
            }
            guard nameLength <= bytes.count - index, valueLength <= bytes.count - index - nameLength else {
                return false
            }
            if !body(index, nameLength, valueLength) { return true }
            index += nameLength + valueLength
        }
        return true
    }

    private static func length(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Int? {
        guard index < bytes.count else { return nil }
        let first = bytes[index]
        if first < 0x80 {
            index += 1
            return Int(first)
        }
        guard bytes.count - index >= 4 else { return nil }
        defer { index += 4 }
        return bytes[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
    }
}
