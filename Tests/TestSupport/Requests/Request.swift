/// A request as a test means it, however it is then sent.
package struct Request {
    /// How the sender says where the body ends.
    package enum Framing: Equatable {
        case length
        /// No Content-Length: chunks under HTTP, the end of the input under CGI and FastCGI.
        case unknownLength
        /// A Content-Length that is not the body's.
        case declared(Int)
    }

    package var method = "POST"
    package var target = "/laporan/khoins/\(secretToken)"
    package var headers: [String: String] = [:]
    /// The host that the sender asks; the examples' own unless a test names one.
    package var host: String?
    package var body: [UInt8] = []
    package var framing = Framing.length
    /// What a web server that is not in order puts in the place of its variables.
    package var wrongVariables: [String: String] = [:]

    package init(_ method: String = "POST", _ target: String = "/laporan/khoins/\(secretToken)") {
        self.method = method
        self.target = target
    }

    package init(posting body: [UInt8]) {
        self.body = body
    }

    package init(posting body: String) {
        self.init(posting: Array(body.utf8))
    }

    /// The host name that the repository's examples have.
    package static let exampleHost = "callback.example.com"

    package var path: Substring { target.prefix { $0 != "?" } }
    package var query: Substring { target.dropFirst(path.count + 1) }

    package var declaredLength: Int? {
        switch framing {
        case .length: method == "POST" || method == "PUT" ? body.count : nil
        case .unknownLength: nil
        case .declared(let length): length
        }
    }

    /// The variables that a web server makes of it (RFC 3875, section 4.1).
    package var variables: [String: String] {
        let script = "/laporan/khoins"
        var variables = [
            "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method,
            "REQUEST_URI": target, "SCRIPT_NAME": script, "PATH_INFO": String(path.dropFirst(script.count)),
            "QUERY_STRING": String(query), "REMOTE_ADDR": "127.0.0.1",
        ]
        if let declaredLength { variables["CONTENT_LENGTH"] = String(declaredLength) }
        if let host { variables["HTTP_HOST"] = host }
        for (name, value) in headers {
            variables["HTTP_\(name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined())"] = value
        }
        return variables.merging(wrongVariables) { $1 }
    }

    /// The bytes on the wire (RFC 9112).
    package var http: [UInt8] {
        let host = host ?? Self.exampleHost
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let declaredLength { head += "Content-Length: \(declaredLength)\r\n" }
        guard framing == .unknownLength else { return Array("\(head)\r\n".utf8) + body }
        // Two chunks, so that a reader of the first one alone is found out.
        let middle = body.count / 2
        let chunks = [body[..<middle], body[middle...]].filter { !$0.isEmpty }
        return Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
            + chunks.flatMap { Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + Array("\r\n".utf8) }
            + Array("0\r\n\r\n".utf8)
    }
}
