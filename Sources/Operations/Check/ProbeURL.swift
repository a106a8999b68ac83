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
        guard let token = tokens.first, !tokens.contains(where: { target.contains($0) }), !target.contains("token=")
        else {
            return self
        }
        var url = self
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].hasSuffix("/") ? String(parts[0]) : parts[0] + "/"
        url.target = path + token + (parts.count == 2 ? "?" + parts[1] : "")
        return url
    }

    /// The URL in words that may be shown to others.
    func shown(hiding tokens: [String]) -> String {
        "\(isSecure ? "https" : "http")://\(authority)"
            + tokens.reduce(target) { $1.isEmpty ? $0 : $0.replacing($1, with: "TOKEN") }
    }

    var text: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}
