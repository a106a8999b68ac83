/// Where this server's own etcd answers: `http://127.0.0.1:2379`.
package struct EtcdAddress: Equatable, Sendable {
    /// A numeric address: no name is looked up.
    package var host: String
    package var port: Int

    /// Reads a URL; `nil` for one that is not of this form.
    package init?(_ url: String) {
        let scheme = "http://"
        guard url.hasPrefix(scheme) else { return nil }
        var rest = url.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }) else { return nil }
        (self.host, self.port) = (String(host), port)
    }

    package var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
