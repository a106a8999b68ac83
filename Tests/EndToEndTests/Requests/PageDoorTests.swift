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
        Row(testDescription: "another method", method: "PUT", status: 405),
    ]

    @Test("opens to its key alone", arguments: rows)
    func opens(_ row: Row) throws {
        let installation = try Installation.prepared(settings: row.settings)
        try WayIn.cgi.start(in: installation)
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
        "is reached through every web server, and callbacks go on",
        arguments: WayIn.testable().filter { $0 != .sharedHost && $0 != .fcgiwrap })
    func isReached(_ way: WayIn) throws {
        let installation = try Installation.prepared(settings: "KHOINS_PAGE_KEY=\(Self.key)\n")
        try way.start(in: installation)
        try installation.waitUntilHealthy()
        let reply = try installation.door.send(Request("GET", Self.panel))
        #expect(reply.status == 403)
        #expect(reply.headers["content-type"] == "text/html; charset=utf-8")
        #expect(reply.text.contains("KHOINS"))
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)
    }
}
