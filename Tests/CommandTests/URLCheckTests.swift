import TestSupport
import Testing

@testable import Operations
@testable import khoins_callback

@Suite("A URL to check")
struct URLCheckTests {
    private static let ours = #"{"status":"error","error":"forbidden"}"#

    @Test(
        "leads to the link of the chain that broke",
        arguments: [
            (200, #"{"status":"ok"}"#, "callbacks can be stored"), (200, "<html>", "from another program"),
            (301, "", "301 sends on"), (308, "", "308 sends on"), (401, "", "a password"),
            (403, ours, "403 from khoins-callback"), (403, "<html>", "403 from the web server"),
            (404, "", "knows no such path"), (405, "", "never answers to this"),
            (500, #"{"status":"error","error":"internal error"}"#, "500 from khoins-callback"),
            (500, "<html>", "500 from the web server"), (502, "", "does not reach khoins-callback"),
            (503, #"{"status":"error","error":"later"}"#, "503 from khoins-callback"),
            (503, "<html>", "503 from the web server"), (504, "", "in time"), (0, "", "does not speak HTTP"),
        ])
    func judged(status: Int, body: String, words: String) {
        let (verdict, said) = URLCheck.judge(HTTPAnswer(status: status, body: Array(body.utf8)))
        #expect(said.contains(words))
        #expect((verdict == .ok) == (words == "callbacks can be stored"))
    }

    @Test(
        "leads to the operators' page beside it, of which a stranger sees the form alone",
        arguments: [
            (403, #"<form method="post" action="?masuk">"#, "asks for the key"),
            (403, #"<a class="btn pri" href="https://x/">"#, "by https alone"), (403, ours, "no KHOINS_PAGE_KEY"),
            (403, "<html>", "from the web server itself"), (401, "", "a password"), (404, "", "no such path"),
            (200, "<html>", "200 instead of the page"), (502, "", "502 instead of the page"),
        ])
    func page(status: Int, body: String, words: String) throws {
        let (verdict, said) = PageCheck.judge(HTTPAnswer(status: status, body: Array(body.utf8)))
        #expect(said.contains(words))
        #expect(verdict == (words == "asks for the key" ? .ok : .warning))
        let tokens = ["s3cret-of-the-shop"]
        for text in ["http://x/a/khoins", "http://x/a/khoins/", "http://x/a/khoins/s3cret%2Dof-the-shop?b=c"] {
            let url = try #require(ProbeURL(text)).panel(besides: tokens)
            #expect(url.target == "/a/khoins/panel")
            #expect(url.shown(hiding: tokens, last: "panel") == "http://x/a/khoins/panel")
        }
    }

    @Test("is taken apart")
    func parts() throws {
        let plain = try #require(ProbeURL("http://[::1]:8080/laporan/khoins?a=b#c"))
        #expect(plain.host == "::1" && plain.port == "8080" && plain.authority == "[::1]:8080")
        #expect(plain.target == "/laporan/khoins?a=b" && !plain.isSecure)
        let secure = try #require(ProbeURL("HTTPS://api.example.com"))
        #expect(secure.port == "443" && secure.target == "/" && secure.isSecure)
        for text in ["", "x", "ftp://x/", "http://", "http:///x", "http://a b/", "http://x/\r\nHost: y", "http://u@x/"]
        {
            #expect(ProbeURL(text) == nil)
        }
    }

    @Test("gets the token where it has none, and shows it to nobody")
    func token() throws {
        let tokens = ["SECRET", "OLD"]
        func target(_ text: String) throws -> String { try #require(ProbeURL(text)).carrying(tokens).target }
        #expect(try target("http://x/laporan/khoins") == "/laporan/khoins/SECRET")
        #expect(try target("http://x/laporan/khoins/?a=b") == "/laporan/khoins/SECRET?a=b")
        #expect(try target("http://x/laporan/khoins/OLD") == "/laporan/khoins/OLD")
        #expect(try target("http://x/?token=WRONG") == "/?token=WRONG")
        #expect(try #require(ProbeURL("http://x/a")).carrying(tokens).shown(hiding: tokens) == "http://x/a/TOKEN")
        #expect(try #require(ProbeURL("http://x/a")).carrying([]).target == "/a")
    }

    @Test(
        "shows no token, however it is written",
        arguments: [
            "http://x/khoins/sup3r-s3cret", "http://x/khoins/sup3r%2Ds3cret", "http://x/khoins/%73up3r-s3cret/",
            "http://x/khoins/sup3r%252Ds3cret", "http://x/khoins?token=sup3r-s3cret", "http://x/khoins?a=sup3r-s3cret",
            "http://x/sup3r-s3cret/khoins", "http://x/a%2Fsup3r-s3cret/khoins", "http://x/sup3r-s3cret//",
            "http://x/khoins/An0ther", "http://x/khoins?token=an0ther%2Done", "http://x/an0ther",
            "http://x/?an0ther", "http://x/khoins/an0ther-of-long-ago/", "http://x/khoins/an0ther%2Done",
        ])
    func hidden(_ text: String) throws {
        let tokens = ["sup3r-s3cret", "old-s3cret-too"]
        let url = try #require(ProbeURL(text))
        let isKnown = text.contains("s3cret") && !text.contains("?a=") && !text.contains("3cret/k")
        #expect(
            (url.carrying(tokens).target == url.target) == (isKnown && !text.contains("%25") || text.contains("token="))
        )
        for shown in [url.shown(hiding: tokens), url.carrying(tokens).shown(hiding: tokens)] {
            #expect(shown.hasPrefix("http://x/"))
            for secret in ["s3cret", "0ther", "?", "%"] { #expect(!shown.contains(secret), "\(shown)") }
        }
    }

    @Test("is answered in HTTP")
    func answer() {
        let answer = HTTPAnswer(Array("HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n\(Self.ours)".utf8))
        #expect(answer.status == 403 && answer.word("error") == "forbidden")
        #expect(HTTPAnswer(Array("SSH-2.0-x\r\n".utf8)).status == 0)
        #expect(HTTPAnswer([]).status == 0)
    }

    @Test("is asked over a real connection")
    func connection() throws {
        let server = try CannedServer(answer: "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}\n")
        let result = URLCheck.result("http://127.0.0.1:\(server.port)/laporan/khoins", ["SECRET"])
        let shown = "http://127.0.0.1:\(server.port)/laporan/khoins/TOKEN"
        #expect(result == CheckResult(.ok, "url", "\(shown): callbacks can be stored"))
        #expect(server.request().hasPrefix("GET /laporan/khoins/SECRET HTTP/1.0\r\nHost: 127.0.0.1:\(server.port)\r\n"))
    }

    @Test("says that nobody listens, and that a name leads nowhere")
    func broken() throws {
        let silent = try LoopbackSocket()
        let refused = URLCheck.result("http://127.0.0.1:\(silent.port)/x", [])
        #expect(refused.words.contains("no web server listens on port \(silent.port) of 127.0.0.1"))
        let nowhere = URLCheck.result("http://nosuchhost.invalid/x", [])
        #expect(nowhere.verdict == .bad && nowhere.words.contains("the name nosuchhost.invalid leads nowhere"))
        #expect(URLCheck.result("nonsense", []).verdict == .bad)
    }

    @Test("over TLS is left to curl", arguments: [(6, "the name leads nowhere"), (60, "TLS failed"), (7, "firewall")])
    func curl(code: Int32, words: String) throws {
        #expect(Curl.link(code).contains(words))
        let silent = try LoopbackSocket()
        let result = URLCheck.result("https://127.0.0.1:\(silent.port)/x", ["SECRET"])
        #expect(!result.words.contains("SECRET"))
        #expect(result.verdict == .skipped || result.words.contains("no web server listens there"))
    }
}
