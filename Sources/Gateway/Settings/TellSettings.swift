/// How the shop is told of a callback, as it is set.
package struct TellSettings: Equatable, Sendable {
    package enum Way: Equatable, Sendable {
        /// Each body goes to this URL.
        case forward(ForwardURL)
        /// This command is run for each.
        case exec(String)
    }

    package var way: Way
    /// Handlers see to it that somebody tells; otherwise a service or cron does.
    package var isAutomatic: Bool

    package init(way: Way, isAutomatic: Bool = true) {
        self.way = way
        self.isAutomatic = isAutomatic
    }
}

/// A URL that bodies are POSTed to. It may carry a secret, so it has no description, and no process list ever shows it.
package struct ForwardURL: Equatable, Sendable {
    private let bytes: [UInt8]

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where it leads, without what may be secret in it; a host without brackets.
    package var server: (host: String, port: String) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        var host = Self.server(in: text, scheme)
        var port = scheme == "https" ? "443" : "80"
        if let colon = host.lastIndex(of: ":"), host.last != "]" {
            port = String(host[host.index(after: colon)...])
            host = host[..<colon]
        }
        return (host.filter { $0 != "[" && $0 != "]" }, port)
    }

    /// Takes `http` or `https`, a host, and nothing that a request could not carry.
    ///
    /// - Parameter name: What the sentence about a fault calls it. That never quotes the URL.
    package init(_ text: String, called name: String) throws(Settings.Problem) {
        if let fault = Self.fault(in: text) { throw Settings.Problem("\(name) \(fault)") }
        bytes = Array(text.utf8)
    }

    /// The host, with its port.
    private static func server(in text: String, _ scheme: String) -> Substring {
        let authority = text.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    }

    /// Why `text` is no URL that can be asked; `nil` if it is one.
    private static func fault(in text: String) -> String? {
        let allowed = text.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard allowed else {
            return "holds white space or a character that a URL cannot have: write such as %20"
        }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", text.dropFirst(scheme.count).hasPrefix("://") else {
            return "must be a URL that begins with http:// or https://"
        }
        var host = server(in: text, scheme)
        if let colon = host.lastIndex(of: ":"), host.last != "]" {
            guard let port = Int(host[host.index(after: colon)...]), (1...65_535).contains(port) else {
                return "has a port that is none: take 1 to 65535"
            }
            host = host[..<colon]
        }
        guard host.contains(where: { $0 != "[" && $0 != "]" && $0 != "." }), !host.hasPrefix("-") else {
            return "names no host"
        }
        return nil
    }
}

extension SettingValues {
    /// How the shop is told; `nil` where nothing is set that says so. Throws where two ways are set at once.
    package func tell() throws(Settings.Problem) -> TellSettings? {
        let isAutomatic: Bool
        switch try text(.follow) {
        case nil, "auto": isAutomatic = true
        case "off": isAutomatic = false
        default: throw Settings.Problem("KHOINS_FOLLOW can only be “auto” or “off”")
        }
        switch (try text(.forward), try text(.exec)) {
        case (nil, nil): return nil
        case (let url?, nil):
            let way = TellSettings.Way.forward(try ForwardURL(url, called: SettingValues.Name.forward.rawValue))
            return TellSettings(way: way, isAutomatic: isAutomatic)
        case (nil, let command?): return TellSettings(way: .exec(command), isAutomatic: isAutomatic)
        case (_?, _?):
            throw Settings.Problem(
                "KHOINS_FORWARD and KHOINS_EXEC are both set: the shop is told in one way, so take one of them out")
        }
    }
}
