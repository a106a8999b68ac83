import TestSupport
import Testing

/// A browser that asks for the operators' page on this machine, where http will do.
struct PageSession {
    static let key = String(repeating: "4f", count: 16)
    static let settings = "KHOINS_PAGE_KEY=\(key)\n"
    /// A host that is this machine's own.
    static let host = "127.0.0.1"

    let door: any Door
    var place = "/laporan/khoins/panel"
    /// What the browser keeps, once it is signed in.
    var cookie: String?

    init(_ door: any Door) {
        self.door = door
    }

    /// A page, named by its query with the question mark.
    func page(_ query: String = "", cookie: String? = nil) throws -> Reply {
        try door.send(request("GET", query, cookie ?? self.cookie))
    }

    /// A form that is sent, by the page itself unless another origin or none is named.
    func send(_ query: String, _ form: String, origin: String? = "http://\(host)") throws -> Reply {
        var request = request("POST", query, cookie)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.headers["Origin"] = origin
        request.body = Array(form.utf8)
        return try door.send(request)
    }

    /// Signs in with the right key, and keeps the cookie as a browser does.
    mutating func signIn() throws {
        let reply = try send("?masuk", "user=operator&key=\(Self.key)")
        #expect(reply.status == 303, "\(reply.text)")
        let line = try #require(reply.headers["set-cookie"])
        #expect(line.hasSuffix("; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"))
        cookie = String(line.prefix { $0 != ";" })
    }

    private func request(_ method: String, _ query: String, _ cookie: String?) -> Request {
        var request = Request(method, place + query)
        request.host = Self.host
        request.headers["Cookie"] = cookie
        return request
    }
}
