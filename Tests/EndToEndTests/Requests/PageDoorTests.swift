import TestSupport
import Testing

/// The operators' page from outside, however a web server asks.
@Suite("The operators' page")
struct PageDoorTests {
    private static let key = String(repeating: "4f", count: 16)
    private static let panel = "/laporan/khoins/panel"

    /// What of a set-up and a request decides, and what comes of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var settings = "KHOINS_PAGE_KEY=\(PageDoorTests.key)\n"
        var method = "GET"
        var target = PageDoorTests.panel
        /// The web server's variables, besides those of an honest request.
        var variables: [String: String] = ["HTTP_SEC_FETCH_SITE": "same-origin"]
        var body = ""
        var status: Int
        var isForm = false
    }

    static let rows: [Row] = [
        Row(testDescription: "no key", settings: "", status: 403),
        Row(testDescription: "a short key", settings: "KHOINS_PAGE_KEY=short\n", status: 403),
        Row(
            testDescription: "a key that is a token", settings: "KHOINS_PAGE_KEY=\(secretToken)\n", status: 403),
        Row(testDescription: "a key with a remark", settings: "KHOINS_PAGE_KEY=\(key) # note\n", status: 403),
        Row(testDescription: "not signed in", status: 403, isForm: true),
        Row(testDescription: "a trailing slash", target: panel + "/", status: 403, isForm: true),
        Row(testDescription: "another case", target: "/laporan/khoins/PANEL", status: 403),
        Row(
            testDescription: "a user whom the web server names",
            variables: [
                "REMOTE_USER": "operator", "AUTH_TYPE": "Basic", "HTTP_AUTHORIZATION": "Basic b3BlcmF0b3I6eA==",
            ], status: 403, isForm: true),
        Row(testDescription: "plain http", variables: ["REMOTE_ADDR": "192.0.2.1"], status: 403),
        Row(
            testDescription: "https", variables: ["REMOTE_ADDR": "192.0.2.1", "HTTPS": "on"], status: 403, isForm: true),
        Row(
            testDescription: "https that a proxy ends, where KHOINS_URL says so",
            settings: "KHOINS_PAGE_KEY=\(key)\nKHOINS_URL=https://toko.example/laporan/khoins\n",
            variables: ["REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PROTO": "https"], status: 403, isForm: true),
        Row(
            testDescription: "plain http before such a proxy",
            settings: "KHOINS_PAGE_KEY=\(key)\nKHOINS_URL=https://toko.example/laporan/khoins\n",
            variables: ["REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PROTO": "http"], status: 403),
        Row(
            testDescription: "https that a proxy says it ends, where nobody knows of one",
            variables: ["REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PROTO": "https"], status: 403),
        Row(
            testDescription: "a wrong key", method: "POST", target: panel + "?masuk", body: "key=wrong", status: 403,
            isForm: true),
        Row(testDescription: "the key", method: "POST", target: panel + "?masuk", body: "key=\(key)", status: 303),
        Row(
            testDescription: "the second key",
            settings: "KHOINS_PAGE_KEY=\(String(repeating: "9a", count: 16)),\(key)\n", method: "POST",
            target: panel + "?masuk", body: "key=\(key)", status: 303),
        Row(
            testDescription: "the key from another site", method: "POST", target: panel + "?masuk",
            variables: ["HTTP_ORIGIN": "https://evil.example"], body: "key=\(key)", status: 403, isForm: true),
        Row(testDescription: "two slashes", target: "/laporan/khoins//panel", status: 403, isForm: true),
        Row(
            testDescription: "a cookie with the key itself",
            variables: ["HTTP_COOKIE": "__Host-khoins=\(key)"], status: 403, isForm: true),
        Row(
            testDescription: "the key in the address", target: panel + "?masuk&key=\(key)", status: 403, isForm: true),
        Row(
            testDescription: "the key in another form", method: "POST", target: panel + "?cari", body: "key=\(key)",
            status: 403, isForm: true),
        Row(
            testDescription: "a form that is too long", method: "POST", target: panel + "?masuk",
            body: String(repeating: "k", count: 17_000), status: 413),
        Row(testDescription: "another method", method: "PUT", status: 405),
    ]

    @Test("opens to its key alone, by CGI and by FastCGI", arguments: rows, [WayIn.cgi, .fastCGI])
    func opens(_ row: Row, _ way: WayIn) throws {
        let installation = try way.open(settings: row.settings)
        var request = Request(row.method, row.target)
        request.body = Array(row.body.utf8)
        request.wrongVariables = ["HTTP_HOST": "127.0.0.1"].merging(row.variables) { $1 }
        let reply = try installation.door.send(request)
        #expect(reply.status == row.status)
        #expect(reply.text.contains("type=\"password\"") == row.isForm)
        #expect(!reply.text.contains(Self.key) && !reply.text.contains(secretToken))
        #expect((reply.headers["set-cookie"]?.hasPrefix("__Host-khoins=") ?? false) == (row.status == 303))
        // What a stranger gets where the page is closed is what he gets for a wrong token.
        let wrong = try installation.door.send(Request("GET", "/laporan/khoins/wrong"))
        if row.status == 403, reply.headers["content-type"] == wrong.headers["content-type"] {
            #expect(reply.text == wrong.text)
        } else if row.isForm {
            #expect(reply.headers["cache-control"] == "no-store")
            #expect(reply.headers["content-security-policy"]?.hasPrefix("default-src 'none'; ") == true)
            #expect(reply.headers["x-frame-options"] == "DENY")
        }
    }

    @Test(
        "lets nobody sign in for a while after ten wrong keys, and everybody go on who is",
        arguments: [WayIn.cgi, .fastCGI])
    func slowsGuesses(_ way: WayIn) throws {
        let installation = try way.open(settings: PageSession.settings)
        try #expect(installation.door.send(Request(posting: Body.t1)).status == 200)
        var session = PageSession(installation.door)
        try session.signIn()
        for _ in 0..<10 { #expect(try session.send("?masuk", "key=wrong").status == 403) }
        for key in ["wrong", PageSession.key] {
            let reply = try session.send("?masuk", "key=\(key)")
            #expect(reply.status == 429 && reply.headers["retry-after"] == "10", "\(reply.status)")
            #expect(reply.headers["set-cookie"] == nil)
        }
        #expect(try session.page().status == 200)
        installation.stop()
        let lines = installation.scratch.logs.split(separator: "\n").filter { $0.contains("event=refused") }
        #expect(lines.filter { $0.contains("status=403 reason=key address=127.0.0.1") }.count == 10)
        #expect(lines.filter { $0.contains("status=429 reason=guesses address=127.0.0.1") }.count == 2)
    }
}
