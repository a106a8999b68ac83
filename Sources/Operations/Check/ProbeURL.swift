import Gateway
import KHOINS

/// The parts of an `http` or `https` URL that a request takes (RFC 3986).
struct ProbeURL: Equatable {
    var isSecure: Bool
    /// Without brackets.
    var host: String
    var port: String
    /// With the query; never empty.
    var target: String
    /// The authority as written, for the `Host` header.
    var authority: String

    /// `nil` for what is no such URL. What a request line could not carry makes it none.
    init?(_ text: String) {
        guard let colon = text.firstRange(of: "://") else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        guard
            rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        authority = String(rest[..<start])
        let path = String(rest[start...])
        target = path.hasPrefix("/") ? path : "/" + path
        port = isSecure ? "443" : "80"
        var name = authority[...]
        if let end = name.lastIndex(of: ":"), name[name.index(after: end)...].allSatisfy(\.isNumber) {
            port = String(name[name.index(after: end)...])
            name = name[..<end]
        }
        host = name.filter { $0 != "[" && $0 != "]" }
        guard !host.isEmpty, !port.isEmpty, !authority.contains("@") else { return nil }
    }

    /// The URL as KHOINS is to call it: with a token, which is added as the last segment where there is none.
    func carrying(_ tokens: [String]) -> ProbeURL {
        // The program itself says where it would find one, in whatever spelling.
        let found = Request { $0 == "REQUEST_URI" ? target : nil }
        let isThere = AccessPolicy(tokens: tokens.map { Token($0) }, ranges: []).refusal(of: found) == nil
        guard let token = tokens.first, !isThere, !target.contains("token=") else { return self }
        var url = self
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].hasSuffix("/") ? String(parts[0]) : parts[0] + "/"
        url.target = path + token + (parts.count == 2 ? "?" + parts[1] : "")
        return url
    }

    /// The operators' page beside the place of callbacks, of whose last segment it takes the token's place.
    ///
    /// - Parameter tokens: In whatever spelling one of them may stand there.
    func panel(besides tokens: [String]) -> ProbeURL {
        let policy = AccessPolicy(tokens: tokens.map { Token($0) }, ranges: [])
        var segments = target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if let last = segments.last, policy.isTold(by: Array(last.utf8)) { segments.removeLast() }
        var url = self
        url.target = (segments + ["panel"]).map { "/\($0)" }.joined()
        return url
    }

    /// The URL in words that may be shown to others: up to the segment where a token stands or may stand, for which the
    /// word TOKEN does, and without the query, where it may stand too. Nobody can tell in how many spellings a token
    /// comes, nor whether one is an old one: so the last segment is never shown, and none that looks like a secret.
    ///
    /// - Parameter last: What stands in the last segment's place.
    func shown(hiding tokens: [String], last: String = "TOKEN") -> String {
        let policy = AccessPolicy(tokens: tokens.map { Token($0) }, ranges: [])
        let segments = target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        let place = segments.dropLast().prefix { Self.isWord($0) && !policy.isTold(by: Array($0.utf8)) }
        return "\(isSecure ? "https" : "http")://\(authority)" + (place + [last]).map { "/\($0)" }.joined()
    }

    /// Whether a segment is a word, as the names of places are, and no secret.
    private static func isWord(_ segment: String) -> Bool {
        segment.utf8.count < 16
            && segment.utf8.allSatisfy { $0 &- UInt8(ascii: "a") < 26 || "-_.".utf8.contains($0) }
    }

    var text: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}
