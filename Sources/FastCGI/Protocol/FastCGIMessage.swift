/// What a web server sends over a connection for one request (FastCGI 1.0, sections 3 to 5): the other side of
/// `FastCGIAssembly`.
package enum FastCGIMessage {
    private static let id: UInt16 = 1

    /// The beginning of a request to a responder, who is to hang up after the answer, and its variables.
    package static func head(_ variables: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        FastCGIRecord.append(
            FastCGIRecord.Kind.beginRequest, id: id, [0, UInt8(FastCGIRecord.responderRole), 0, 0, 0, 0, 0, 0],
            to: &bytes)
        let pairs = variables.flatMap { length($0) + length($1) + Array($0.utf8) + Array($1.utf8) }
        FastCGIRecord.appendStream(FastCGIRecord.Kind.parameters, id: id, pairs, to: &bytes)
        return bytes
    }

    /// A part of the body, or all of it.
    package static func body(_ content: [UInt8]) -> [UInt8] {
        content.isEmpty
            ? [] : Array(FastCGIRecord.stream(FastCGIRecord.Kind.standardInput, id: id, content).dropLast(end.count))
    }

    /// What ends the body.
    package static let end = FastCGIRecord.bytes(FastCGIRecord.Kind.standardInput, id: id, [])

    package static func request(_ variables: [(String, String)], body content: [UInt8] = []) -> [UInt8] {
        head(variables) + body(content) + end
    }

    private static func length(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        if count < 0x80 { return [UInt8(count)] }
        return stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: (count | 0x8000_0000) >> $0) }
    }
}

/// What came back for one request.
package struct FastCGIAnswer {
    /// An answer as CGI has it, or as much of it as came.
    package private(set) var output: [UInt8] = []
    /// Whether the request was ended as one that was done.
    package private(set) var isWhole = false

    /// - Parameter bytes: All that came; what follows the end of the request is not looked at.
    package init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !isWhole, let record = FastCGIRecord(head: Array(rest.prefix(FastCGIRecord.headLength))) {
            let content = rest.dropFirst(FastCGIRecord.headLength).prefix(record.contentLength)
            if record.kind == FastCGIRecord.Kind.standardOutput { output += content }
            isWhole = record.kind == FastCGIRecord.Kind.endRequest && content.dropFirst(4).first == 0
            rest = rest.dropFirst(FastCGIRecord.headLength + record.contentLength + record.paddingLength)
        }
    }
}
