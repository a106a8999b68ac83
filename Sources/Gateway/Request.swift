import KHOINSCallback

/// One request as CGI and FastCGI give it (RFC 3875, section 4.1), without its body.
package struct Request: Sendable {
    package var method: String
    /// `REMOTE_ADDR`; nothing else says where a request came from.
    package var remoteAddress: String
    /// `nil` where it is missing or no number.
    package var contentLength: Int?
    /// What may be the token: the last segments of the paths, the query's `token`, the header.
    package var tokenCandidates: [[UInt8]]

    /// - Parameter variable: The value of a CGI variable; `nil` where it is not set.
    package init(_ variable: (String) -> String?) {
        method = variable("REQUEST_METHOD") ?? ""
        remoteAddress = variable("REMOTE_ADDR") ?? ""
        contentLength = variable("CONTENT_LENGTH").flatMap { Self.length($0) }
        // A rewritten request keeps its own path in REQUEST_URI; servers that lack it give the others.
        let paths = ["REQUEST_URI", "PATH_INFO", "SCRIPT_NAME"].compactMap(variable)
        tokenCandidates = paths.compactMap(Self.lastSegment)
        let query =
            variable("QUERY_STRING")
            ?? variable("REQUEST_URI").flatMap {
                $0.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init)
            }
        for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) where pair.starts(with: "token=".utf8) {
            tokenCandidates.append(Self.percentDecoded(pair.dropFirst(6)))
        }
        if let header = variable("HTTP_X_CALLBACK_TOKEN") { tokenCandidates.append(Array(header.utf8)) }
    }

    /// Digits alone, as RFC 3875 has it; `nil` for more of them than a number holds, too.
    private static func length(_ text: String) -> Int? {
        text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } ? Int(text) : nil
    }

    private static func lastSegment(_ path: String) -> [UInt8]? {
        let path = path.utf8.prefix { $0 != UInt8(ascii: "?") }
        return path.split(separator: UInt8(ascii: "/")).last.map { percentDecoded($0) }
    }

    private static func percentDecoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                rest.removeFirst(2)
                decoded.append(value)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}
