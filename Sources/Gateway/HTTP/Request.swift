import KHOINS
import Page

/// One request as CGI and FastCGI give it (RFC 3875, section 4.1), without its body.
package struct Request: Sendable {
    /// Reads a body: waits for `expected` bytes, or without a number for the end, and takes what is there behind them,
    /// up to `limit` bytes in all. Fewer come only where the sender fails to send them.
    package typealias BodyReader = (_ expected: Int?, _ limit: Int) -> [UInt8]

    package var method: String
    /// `REMOTE_ADDR`; nothing else says where a request came from.
    package var remoteAddress: String
    /// `nil` where it is missing or no number.
    package var contentLength: Int?
    /// The Content-Type, where it is not `application/json`: exactly as it came, for those whom the callback is handed on
    /// to. What does not fit into a header's line, and what is longer than any such type, counts as not sent.
    package var contentType: String?
    /// What may be the token: the last segments of the paths, the query's `token`, the header.
    package var tokenCandidates: [[UInt8]]
    /// As it came, percent-encoded; may hold the token.
    package var query: [UInt8]
    /// Whether the figures are asked for.
    package var isForFigures = false
    /// The same as the operators' page looks at it; `nil` where the address is another one.
    package var panel: PanelRequest?

    /// - Parameter variable: The value of a CGI variable; `nil` where it is not set.
    package init(_ variable: (String) -> String?) {
        method = variable("REQUEST_METHOD") ?? ""
        remoteAddress = variable("REMOTE_ADDR") ?? ""
        contentLength = variable("CONTENT_LENGTH").flatMap { Self.length($0) }
        contentType = variable("CONTENT_TYPE").flatMap { Self.isUncommonType($0) ? $0 : nil }
        // A rewritten request keeps its own path in REQUEST_URI; servers that lack it give the others.
        let target = variable("REQUEST_URI").map { Array($0.utf8) }
        // Some servers set QUERY_STRING to nothing, whatever the request had.
        query =
            variable("QUERY_STRING").flatMap { $0.isEmpty ? nil : Array($0.utf8) } ?? target.flatMap(Self.query) ?? []
        tokenCandidates = []
        if let segment = target.flatMap(Self.lastSegment) { tokenCandidates.append(segment) }
        for name in ["PATH_INFO", "SCRIPT_NAME"] {
            if let segment = variable(name).flatMap({ Self.lastSegment(Array($0.utf8)) }) {
                tokenCandidates.append(segment)
            }
        }
        if !query.isEmpty {
            for pair in query.split(separator: UInt8(ascii: "&")) where pair.starts(with: "token=".utf8) {
                tokenCandidates.append(QueryFields.percentDecoded(pair.dropFirst(6)))
            }
        }
        isForFigures = tokenCandidates.contains { $0.elementsEqual("metrics".utf8) }
        if tokenCandidates.contains(where: Self.isPanel) {
            panel = PanelRequest(method: method, query: query, path: target ?? [], variable)
        }
        if let header = variable("HTTP_X_CALLBACK_TOKEN") { tokenCandidates.append(Array(header.utf8)) }
    }

    private static func isPanel(_ segment: [UInt8]) -> Bool { segment.elementsEqual(Panel.name.utf8) }

    /// Whether a request was posted, as the variables of FastCGI tell it.
    @Sendable package static func isPosted(_ variable: (String) -> String?) -> Bool {
        variable("REQUEST_METHOD") == "POST"
    }

    /// Whether a request, as the variables of FastCGI tell it, is a callback that is stored at once; any other may take
    /// its time.
    @Sendable package static func isCallback(_ variable: (String) -> String?) -> Bool {
        guard isPosted(variable) else { return false }
        return ![variable("REQUEST_URI"), variable("PATH_INFO")].contains { path in
            path.flatMap { lastSegment(Array($0.utf8)) }.map(isPanel) ?? false
        }
    }

    /// Digits alone, as RFC 3875 has it; `nil` for more of them than a number holds, too.
    private static func length(_ text: String) -> Int? {
        text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } ? Int(text) : nil
    }

    /// Bytes of a Content-Type that is kept.
    static let longestContentType = 1024

    private static func isUncommonType(_ type: String) -> Bool {
        if type == "application/json" { return false }
        // Bytes that are no UTF-8 have become U+FFFD already.
        return 1...longestContentType ~= type.utf8.count && !type.unicodeScalars.contains("\u{FFFD}")
            && type.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private static func query(_ target: [UInt8]) -> [UInt8]? {
        target.firstIndex(of: UInt8(ascii: "?")).map { Array(target[($0 + 1)...]) }
    }

    private static func lastSegment(_ path: [UInt8]) -> [UInt8]? {
        var end = path.firstIndex(of: UInt8(ascii: "?")) ?? path.count
        while end > 0, path[end - 1] == UInt8(ascii: "/") { end -= 1 }
        if end == 0 { return nil }
        var start = end
        while start > 0, path[start - 1] != UInt8(ascii: "/") { start -= 1 }
        return QueryFields.percentDecoded(path[start..<end])
    }

    /// Whether the query carries what belongs into the body.
    var carriesReport: Bool { QueryFields.carryReport(query) }
}

extension PanelRequest {
    /// - Parameter variable: The value of a CGI variable; `nil` where it is not set.
    fileprivate init(method: String, query: [UInt8], path: [UInt8], _ variable: (String) -> String?) {
        self.init(method: method, query: query)
        cookies = variable("HTTP_COOKIE") ?? ""
        host = variable("HTTP_HOST") ?? ""
        origin = variable("HTTP_ORIGIN")
        fetchSite = variable("HTTP_SEC_FETCH_SITE")
        acceptedLanguages = variable("HTTP_ACCEPT_LANGUAGE") ?? ""
        remoteAddress = variable("REMOTE_ADDR") ?? ""
        forwardedScheme = variable("HTTP_X_FORWARDED_PROTO") ?? ""
        self.path = String(decoding: path.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
        let scheme = variable("HTTPS")?.lowercased()
        isPrivate =
            scheme == "on" || scheme == "1" || variable("REQUEST_SCHEME")?.lowercased() == "https"
            || Self.isLoopback(remoteAddress) && Self.isLoopback(hostName)
    }

    private static func isLoopback(_ name: String) -> Bool {
        name == "localhost" || name == "[::1]" || name == "::1"
            || name.hasPrefix("127.")
                && name.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: ".") }
    }

    /// The host without its port.
    private var hostName: String {
        host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
    }
}
