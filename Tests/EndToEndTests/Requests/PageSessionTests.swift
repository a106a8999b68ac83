import Foundation
import TestSupport
import Testing

/// An operator who signs in, looks around and signs out, and strangers beside him, behind each web server as its example
/// configures it.
@Suite("A session on the operators' page")
struct PageSessionTests {
    /// What a log must not tell.
    private static let number = "0812000111"
    private static let serialNumber = "0124000000001"

    @Test("is had with the right key alone, and nothing of it is in a log", arguments: WayIn.testable())
    func session(_ way: WayIn) throws {
        let installation = try way.open(settings: PageSession.settings, host: PageSession.host)
        var session = PageSession(installation.door)
        for body in [Body.t1, Body.t3] {
            #expect(try installation.door.send(Request(posting: body)).status == 200)
        }

        // A stranger gets the form, or less.
        try expectForm(session.page(), "a stranger")
        try expectForm(session.page("?trx=KH-9001"), "a stranger with a page's address")
        try expectForm(session.page(cookie: "__Host-khoins=1893456000.00"), "a forged cookie")
        try expectForm(session.send("?masuk", "key=\(PageSession.key)x"), "a wrong key")
        try expectForm(session.send("?cari", "q=KH-9001"), "a search without a cookie")
        for origin in ["https://evil.example", "null", nil] {
            let reply = try session.send("?masuk", "key=\(PageSession.key)", origin: origin)
            try expectForm(reply, "the right key from \(origin ?? "nowhere")")
        }

        try session.signIn()
        let overview = try session.page()
        #expect(overview.status == 200 && overview.text.contains("Ringkasan"), "\(overview.text.prefix(500))")
        #expect(overview.headers["cache-control"] == "no-store")
        #expect(overview.headers["content-security-policy"]?.hasPrefix("default-src 'none'; ") == true)
        #expect(overview.text.hasSuffix("</html>\n"))
        #expect(try session.page("?daftar&status=sukses").text.contains("abc-123"))
        #expect(try session.page("?daftar&csv").headers["content-type"] == "text/csv; charset=utf-8")
        #expect(try session.page("?trx=KH-9001").text.contains(Self.serialNumber))
        #expect(try session.page("?trx=KH-9001&json").json?["trxid"] == "KH-9001")
        #expect(try session.page("?trx=KH-0").status == 404)
        #expect(try session.page("?baru=3").status == 204)
        #expect(try session.page("?baru=1").status == 200)
        let found = try session.send("?cari", "q=\(Self.number)")
        #expect(found.status == 200 && found.text.contains("KH-9001"))
        let exact = try session.send("?cari", "q=abc-123")
        #expect(exact.status == 303 && exact.headers["location"]?.hasSuffix("panel?trx=abc-123") == true)
        try expectForm(session.send("?cari", "q=abc-123", origin: "https://evil.example"), "a search from elsewhere")

        // A slash more leads to the same page, and the way back from its form to it.
        session.place += "/"
        #expect(try session.page().text.contains("Ringkasan"))
        let there = try session.send("?masuk", "key=\(PageSession.key)")
        #expect(there.status == 303 && there.headers["location"]?.hasSuffix("./") == true, "\(there.headers)")
        session.place.removeLast()

        let signedOut = try session.send("?keluar", "")
        #expect(signedOut.status == 303)
        #expect(signedOut.headers["set-cookie"]?.hasPrefix("__Host-khoins=; Path=/; Max-Age=0; ") == true)
        try expectForm(session.page(cookie: "__Host-khoins="), "who has signed out")
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)

        let seal = try #require(session.cookie?.split(separator: ".").last)
        installation.stop()
        for secret in [PageSession.key, String(seal), Self.number, Self.serialNumber] {
            // What a CGI process writes on standard output is the page itself.
            let telling = try installation.scratch.filesThatTell(secret).filter {
                !($0.hasPrefix("cgi-") && $0.hasSuffix(".out"))
            }
            #expect(telling == [], "\(secret)")
        }
    }

    /// What an operator changes in an example once he knows KHOINS's address.
    private static func narrowed(_ way: WayIn) -> [(String, String)] {
        switch way {
        case .nginxUnix:
            [("        #     allow 182", "        allow 182"), ("        #     deny  all;", "        deny all;")]
        case .lighttpd, .lighttpdCGI:
            [
                ("        #     $HTTP[\"url\"] !~", "        $HTTP[\"url\"] !~"),
                ("        #         $HTTP[\"remoteip\"]", "            $HTTP[\"remoteip\"]"),
                ("        #     }", "        }"),
            ]
        default:
            [
                (
                    "Once you know:  Require ip 182.23.3.230\n        Require all granted",
                    "Once you know:\n        Require ip 182.23.3.230"
                )
            ]
        }
    }

    /// What takes the page's own line out of an example.
    private static func withoutPage(_ way: WayIn) -> (String, String) {
        switch way {
        case .nginxUnix: ("(?<khoins_token>/panel)/?\\z {", "(?<khoins_token>/nobody)/?\\z {")
        case .apacheProxyFcgi: ("<LocationMatch \"^/laporan/khoins/panel/?$\">", "<LocationMatch \"^/nobody$\">")
        case .lighttpd, .lighttpdCGI: ("!~ \"^/laporan/khoins/panel/?$\"", "!~ \"^/nobody$\"")
        default: ("<Location \"/laporan/khoins/panel\">", "<Location \"/nobody\">")
        }
    }

    private static let narrow = WayIn.testable([
        .nginxUnix, .apacheCgid, .apacheCgi, .apacheFcgid, .apacheProxyFcgi, .lighttpd, .lighttpdCGI,
    ])

    private func opened(_ way: WayIn, _ edits: [(String, String)]) throws -> Installation {
        let installation = try Installation.prepared(settings: PageSession.settings)
        installation.host = PageSession.host
        installation.edits = edits
        try way.start(in: installation)
        return installation
    }

    @Test("is had from any address where callbacks are let through from KHOINS's alone", arguments: narrow)
    func fromElsewhere(_ way: WayIn) throws {
        let installation = try opened(way, Self.narrowed(way))
        // mod_fcgid and lighttpd start the handler with the first request that they let through.
        for place in ["panel", "panel/"] {
            var session = PageSession(installation.door)
            session.place = "/laporan/khoins/\(place)"
            try expectForm(session.page(), "a stranger")
            try session.signIn()
            #expect(try session.page().status == 200)
        }
        let callback = try installation.door.send(Request(posting: Body.t1))
        #expect(callback.status == 403 && callback.json == nil, "\(callback.text)")
    }

    @Test("is not had there where an example has lost the page's line, as this test sees", arguments: narrow)
    func lost(_ way: WayIn) throws {
        let installation = try opened(way, Self.narrowed(way) + [Self.withoutPage(way)])
        let reply = try PageSession(installation.door).page()
        #expect(reply.status == 403 && !reply.text.contains("type=\"password\""), "\(reply.text)")
    }

    private func expectForm(_ reply: Reply, _ who: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let note: Comment = "\(who): \(reply.status) \(reply.text.prefix(300))"
        #expect(reply.status == 403, note, sourceLocation: sourceLocation)
        #expect(reply.text.contains("type=\"password\""), note, sourceLocation: sourceLocation)
        #expect(reply.headers["set-cookie"] == nil, note, sourceLocation: sourceLocation)
        #expect(!reply.text.contains("KH-9001"), note, sourceLocation: sourceLocation)
    }
}
