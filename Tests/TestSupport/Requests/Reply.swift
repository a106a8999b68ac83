/// An answer, whichever way it came.
package struct Reply {
    package struct Malformed: Error {
        package var bytes: String
    }

    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
    package var json: JSON? { try? JSON(body) }

    /// Reads what a CGI program wrote (RFC 3875, section 6).
    package init(cgi bytes: [UInt8]) throws {
        try self.init(bytes, firstLineIsStatus: false)
        status = headers["status"].flatMap { Int($0.prefix(3)) } ?? 200
    }

    /// Reads what came over a connection that was then closed.
    package init(http bytes: [UInt8]) throws {
        try self.init(bytes, firstLineIsStatus: true)
        if headers["transfer-encoding"] == "chunked" { body = try Self.unchunked(body) }
    }

    private init(_ bytes: [UInt8], firstLineIsStatus: Bool) throws {
        let malformed = Malformed(bytes: String(decoding: bytes.prefix(300), as: UTF8.self))
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw malformed }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")[...]
        status = 0
        if firstLineIsStatus {
            guard let line = lines.popFirst(), line.hasPrefix("HTTP/1."), let code = Int(line.dropFirst(9).prefix(3))
            else { throw malformed }
            status = code
        }
        headers = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw malformed }
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        body = Array(bytes[end.upperBound...])
    }

    private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes[...]
        while true {
            guard let end = rest.firstRange(of: Array("\r\n".utf8)),
                let length = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16),
                rest[end.upperBound...].count >= length + 2
            else { throw Malformed(bytes: String(decoding: rest.prefix(100), as: UTF8.self)) }
            if length == 0 { return body }
            body += rest[end.upperBound...].prefix(length)
            rest = rest[end.upperBound...].dropFirst(length + 2)
        }
    }
}
