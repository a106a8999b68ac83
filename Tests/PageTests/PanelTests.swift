import Formats
import Foundation
import Journal
import Ledger
import System
import TestSupport
import Testing

@testable import Page

/// The pages, made of a data directory that has one of everything.
struct PanelTests {
    private static let key = String(repeating: "k3", count: 16)
    /// 2026-11-25T13:14:03Z, in the evening in Jakarta.
    private static let now = Timestamp(microseconds: 1_795_612_443_000_000)

    /// A data directory with these bodies, each a minute after the one before, the last one a minute ago.
    private static func with(
        _ bodies: [String], isDamaged: Bool = false, _ body: (_ directory: String) throws -> Void
    ) throws {
        let scratch = try Scratch(.plain)
        if isDamaged { scratch.leavesDamage() }
        let path = scratch.data.path
        let ledger = Ledger(path: path)
        for (index, text) in bodies.enumerated() {
            let age = Int64(bodies.count - index) * 60_000_000
            let delivery = Delivery(
                body: Array(text.utf8), receivedAt: Timestamp(microseconds: now.microseconds - age),
                remoteAddress: "192.0.2.7")
            for outcome in ledger.commit([Submission(delivery)]).outcomes { _ = try outcome.get() }
        }
        try body(path)
        withExtendedLifetime(scratch) {}
    }

    private static func panel(_ directory: String) -> Panel {
        Panel(keys: PageKeys([key]), directory: directory, zone: .wib, version: "1.2.3")
    }

    private static func request(_ query: String, method: String = "GET", form: String = "", isSignedIn: Bool = true)
        -> PanelRequest
    {
        var request = PanelRequest(method: method, query: Array(query.utf8))
        request.isPrivate = true
        request.host = "shop.example"
        request.fetchSite = "same-origin"
        request.form = Array(form.utf8)
        if isSignedIn {
            request.cookies =
                "a=b; __Host-khoins=\(PageKeys([key]).cookie(for: Array(key.utf8), until: now.seconds + 60))"
        }
        return request
    }

    private static func answer(
        _ directory: String, _ query: String, method: String = "GET", form: String = "", failure: String? = nil
    ) -> (status: PanelResponse.Status, text: String) {
        let response = panel(directory).answer(request(query, method: method, form: form), now: now) { failure }
            .response
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    private static let all = [
        Body.t1, Body.t2, Body.t3, Body.t4, Body.u1, Body.u3, Body.t2, Body.reversal, "no callback <b>",
        Body.short("KH-wait", status: "Pending", text: "R#KH-wait Transaksi TH10 ke 08 diproses"),
    ]

    @Test(
        "Each page holds what it is about",
        arguments: [
            ("", ["Hari ini, ", "Sukses", "Perlu perhatian", "Nomor tujuan salah", "14 hari terakhir"]),
            ("hl=en", ["Today, ", "Success", "Needs attention", "lang=\"en\""]),
            ("daftar", ["KH-9002", "abc-123", "KH-9003", "Unduh CSV", "Status berbalik."]),
            ("daftar&status=gagal", ["KH-9003", "Nomor tujuan salah"]),
            ("daftar&status=berbalik", ["KH-9002"]), ("daftar&status=pending", ["KH-wait"]),
            ("trx=KH-9002", ["KH-9002", "Refund", "Dikembalikan", "berbalik", "1234-5678-9012-3456-7890", "2×"]),
            ("trx=KH-9001", ["Yang terbaca", "<mark>", "0124000000001", "JSON"]),
            ("isi=goodlink%2B9", ["goodlink+9", "Rp30.789"]), ("saldo", ["goodlink", "10.123", "November"]),
            ("ditolak", ["no callback &lt;b&gt;", "192.0.2.7"]),
            ("daftar&csv", ["time,zone", "KH-9002", "abc-123"]), ("trx=KH-9003&json", ["\"trxid\": \"KH-9003\""]),
        ])
    func holds(_ query: String, _ expected: [String]) throws {
        try Self.with(Self.all) { directory in
            let (status, text) = Self.answer(directory, query)
            #expect(status == .ok)
            for word in expected { #expect(text.contains(word), "\(word) is missing") }
            if query.contains("status=gagal") { #expect(!text.contains("abc-123")) }
        }
    }

    @Test("A follower that does not get on needs attention after 5 minutes", arguments: [(5, false), (6, true)])
    func showsLateFollower(minutes: Int, isShown: Bool) throws {
        // The first of the bodies is so many minutes old, and everything has waited since then.
        try Self.with(Array(repeating: Body.t1, count: minutes)) { directory in
            let file = try #require(try CursorFile(path: directory, name: "<toko>"))
            try file.move(to: Cursor(readUpTo: .first))
            let (_, text) = Self.answer(directory, "")
            #expect(text.contains("Belum diteruskan: <bdi>&lt;toko&gt;</bdi>") == isShown)
            #expect(text.contains("Perlu perhatian") == isShown)
        }
    }

    @Test(
        "A search finds an id, its beginning, a number, a token and a member, however they are written",
        arguments: [
            ("KH-900", "KH-9003"), ("kh-9001 ", nil), ("0812 0001-11", "KH-9003"), ("1234567890123456", "KH-9002"),
            ("goodlink", "goodlink"),
        ] as [(String, String?)])
    func finds(_ word: String, _ found: String?) throws {
        try Self.with(Self.all) { directory in
            let form = "q=\(word.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
            let (status, text) = Self.answer(directory, "cari", method: "POST", form: form)
            if let found {
                #expect(status == .ok && text.contains(found))
            } else {
                // Ids are told apart by case, so this is no exact one, and it is found.
                #expect(status == .ok && text.contains("KH-9001"))
            }
        }
    }

    @Test("An exact id is gone to, without its number in an address but the id's")
    func goesToExactOnes() throws {
        try Self.with(Self.all) { directory in
            let response = Self.panel(directory).answer(
                Self.request("cari", method: "POST", form: "q=KH-9001"), now: Self.now
            ) { nil }.response
            #expect(response.status == .seeOther)
            #expect(response.headers.contains { $0.name == "Location" && $0.value == "panel?trx=KH-9001" })
        }
    }

    @Test(
        "What is not there or cannot be read is said in words",
        arguments: [
            ("trx=KH-77", PanelResponse.Status.notFound, "Itu bukan berarti gagal"),
            ("trx=KH-9003", .unavailable, "rusak"),
        ])
    func saysWhatIsWrong(_ query: String, _ expected: PanelResponse.Status, _ words: String) throws {
        try Self.with(Self.all, isDamaged: true) { directory in
            try Data("{".utf8).write(to: URL(fileURLWithPath: "\(directory)/transactions/KH-9003.json"))
            let (status, text) = Self.answer(directory, query)
            #expect(status == expected)
            #expect(text.contains(words))
        }
    }

    @Test("Before the first callback the page says what to do, and a disk that is full is said first")
    func tellsOfBeginningsAndTroubles() throws {
        let (status, text) = Self.answer("/nonexistent-\(UUID().uuidString)", "")
        #expect(status == .ok && text.contains("Belum ada callback") && !text.contains(Self.key))
        try Self.with(Self.all) { directory in
            #expect(Self.answer(directory, "", failure: "disk <full>").text.contains("disk &lt;full&gt;"))
        }
    }

    @Test("A poll tells whether there is news")
    func tellsNews() throws {
        try Self.with([Body.t1, Body.t2]) { directory in
            let text = Self.answer(directory, "").text
            let known = text.firstRange(of: "data-poll=").map { text[$0.upperBound...].prefix(while: \.isNumber) }
            let position = try #require(known)
            #expect(Self.answer(directory, "baru=\(position)").status == .nothingNew)
            #expect(Self.answer(directory, "baru=1").status == .ok)
        }
    }

    @Test("Pages of a list follow on each other without a gap, whatever comes meanwhile")
    func goesOnByPosition() throws {
        let ids = (0..<30).map { "P-\($0)" }
        try Self.with(ids.map { Body.short($0) }) { directory in
            let first = Self.answer(directory, "daftar").text
            let found = try #require(first.firstRange(of: "sebelum=")).upperBound
            let position = first[found...].prefix(while: \.isNumber)
            let more = Delivery(
                body: Array(Body.short("P-new").utf8), receivedAt: Self.now, remoteAddress: "192.0.2.7")
            _ = Ledger(path: directory).commit([Submission(more)])
            let second = Self.answer(directory, "daftar&dari=2026-11-25&sebelum=\(position)").text
            for id in ids {
                #expect(first.contains(">\(id)<") != second.contains(">\(id)<"), "\(id) on one page, and on one alone")
            }
            #expect(!second.contains("P-new"))
        }
    }

    @Test(
        "Nothing that a stranger wrote becomes markup",
        arguments: [
            "</script><script>alert(1)</script>", "\" onmouseover=\"x", "'><img src=x>", "]]><!--", "&lt;b&gt;",
            "\u{202E}\u{2028}\u{0}", String(repeating: "<i>", count: 3_000),
        ])
    func keepsMarkup(_ hostile: String) throws {
        func body(_ text: String) throws -> String {
            let inner = try JSONSerialization.data(
                withJSONObject: [
                    "tujuan": text, "status": "Success", "sn": text, "message": "R#1 \(text). SN: \(text)",
                ])
            let outer: [String: Any] = ["refid": "H-1", "message": String(decoding: inner, as: UTF8.self)]
            return String(decoding: try JSONSerialization.data(withJSONObject: outer), as: UTF8.self)
        }
        // The sequence of tags says what a browser makes of a page.
        func tags(_ page: String) -> [Substring] {
            let content = page.firstRange(of: "<main").map { page[$0.lowerBound...] } ?? ""
            return content.split(separator: "<").map { $0.prefix { $0.isLetter || $0 == "/" || $0 == "!" } }
        }
        var pages: [[[Substring]]] = []
        for text in ["harmless", hostile] {
            try Self.with([try body(text), "x\(text)"]) { directory in
                pages.append(
                    ["", "daftar", "trx=H-1", "ditolak"].map { tags(Self.answer(directory, $0).text) })
            }
        }
        for (harmless, other) in zip(pages[0], pages[1]) {
            #expect(harmless.filter { $0 != "mark" && $0 != "/mark" } == other.filter { $0 != "mark" && $0 != "/mark" })
        }
    }

    @Test("The policy names the style sheets and the script that the page has, and no page is large")
    func namesItsParts() throws {
        let ids = (0..<40).map {
            Body.short("Q-\($0)", text: "R#Q-\($0) Transaksi TH10 ke 0812000111 SUKSES. SN: 0124")
        }
        try Self.with(ids) { directory in
            let policy = try #require(PanelResponse.commonHeaders.first { $0.name == "Content-Security-Policy" }).value
            for query in ["", "daftar", "trx=Q-1"] {
                let text = Self.answer(directory, query).text
                #expect(text.utf8.count <= 30_000)
                #expect(text.components(separatedBy: "<style>").count == (query.isEmpty ? 2 : 3))
                for tag in ["style", "script"] {
                    let sources = try #require(policy.split(separator: "; ").first { $0.hasPrefix("\(tag)-src ") })
                    let parts = text.components(separatedBy: "<\(tag)>").dropFirst()
                    #expect(!parts.isEmpty)
                    for part in parts {
                        let end = try #require(part.firstRange(of: "</\(tag)>")).lowerBound
                        let digest = Data(SHA256.digest(Array(part[..<end].utf8))).base64EncodedString()
                        #expect(sources.contains("'sha256-\(digest)'"))
                    }
                }
                #expect(!text.contains("style=") && !text.contains(" on"), "no inline style, no inline handler")
            }
        }
    }

    @Test("Ten wrong keys slow down signing in, and nobody who is signed in")
    func slowsGuesses() throws {
        try Self.with([Body.t1]) { directory in
            func signIn(_ key: String) -> PanelResponse.Status {
                let request = Self.request("masuk", method: "POST", form: "key=\(key)", isSignedIn: false)
                return Self.panel(directory).answer(request, now: Self.now) { nil }.response.status
            }
            for _ in 0..<10 { #expect(signIn("wrong") == .forbidden) }
            #expect(signIn("wrong") == .tooManyRequests)
            #expect(signIn(Self.key) == .tooManyRequests)
            #expect(Self.answer(directory, "").status == .ok)
            let later = Timestamp(microseconds: Self.now.microseconds + 11_000_000)
            let request = Self.request("masuk", method: "POST", form: "key=\(Self.key)", isSignedIn: false)
            #expect(Self.panel(directory).answer(request, now: later) { nil }.response.status == .seeOther)
        }
    }

    @Test(
        "A form from elsewhere is refused",
        arguments: [("cross-site", nil), ("same-site", nil), (nil, "https://evil.example"), (nil, nil), (nil, "null")]
            as [(String?, String?)])
    func refusesForeignForms(_ site: String?, _ origin: String?) throws {
        var request = Self.request("masuk", method: "POST", form: "key=\(Self.key)")
        request.fetchSite = site
        request.origin = origin
        let (response, refusal) = Self.panel("/nonexistent").answer(request, now: Self.now) { nil }
        #expect((response.status, refusal) == (.forbidden, .origin))
    }

    @Test("Over plain http no form is shown, but where to go")
    func asksForHTTPS() {
        var request = Self.request("")
        request.isPrivate = false
        request.path = "/laporan/khoins/panel"
        let response = Self.panel("/nonexistent").answer(request, now: Self.now) { nil }.response
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(response.status == .forbidden)
        #expect(!text.contains("type=\"password\"") && text.contains("https://shop.example/laporan/khoins/panel"))
    }
}
