import Formats
import Foundation
import Journal
import Ledger
import TestSupport
import Testing

@testable import Page

/// What strangers wrote, in each place where a page shows it: a browser finds the same elements as with harmless words,
/// and the words back whole.
@Suite("A hostile record on the page")
struct HostileRecordTests {
    private static let key = String(repeating: "k3", count: 16)
    /// 2026-11-25T13:14:03Z
    private static let now = Timestamp(microseconds: 1_795_612_443_000_000)

    /// Where the words stand.
    enum Place: String, CaseIterable, Sendable {
        case id, serialNumber, reason, destination, member, address, bytes, rejected, providerStatus
    }

    static let words = [
        "</script><script>alert(1)</script>", "\" onmouseover=\"x", "'><img src=x>", "]]><!--", "--></title></style>",
        "&lt;b&gt;&amp;", "\u{202E}gnikcah\u{202C}\u{2028}\u{2029}", "a\u{0}b\u{1B}[2J\u{7F}\u{85}", "<svg/onload=x>",
        String(repeating: "<i>&\"'", count: 10_000),
    ]

    private static func json(_ members: [String: String]) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: members, options: .sortedKeys)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    /// A delivery that has these words there, and which page shows it.
    private static func delivery(_ place: Place, _ words: String) -> (Delivery, query: String) {
        var id = "H-1"
        var report = ["status": "Success", "message": "R#H-1 Transaksi TH10 ke 0812 SUKSES. SN: 0124."]
        var outer: [String: String] = [:]
        var (address, more) = ("192.0.2.7", [UInt8]())
        switch place {
        case .id:
            id = words
            report["message"] = "x SUKSES"
        case .serialNumber:
            report["sn"] = words
            report["message"] = "x SUKSES"
        case .reason: (report["status"], report["message"]) = ("Gagal", "R#H-1 GAGAL. ket: \(words)")
        case .destination: report["tujuan"] = words
        case .member:
            outer["memberid"] = words
            report["message"] = "x SUKSES"
        case .address: address = words
        case .bytes:
            // What is not UTF-8 is kept and shown in another form.
            report["message"] = "R#H-1 \(words)"
            more = [0xFF]
        case .rejected:
            return (
                Delivery(body: Array("no callback \(words)".utf8), receivedAt: arrival, remoteAddress: address),
                "ditolak"
            )
        case .providerStatus: report["status"] = "Sukses \(words)"
        }
        outer["message"] = json(report)
        if place == .member { outer["trxid"] = "9" } else { outer["refid"] = id }
        var body = Array(json(outer).utf8)
        if let place = body.firstRange(of: Array("R#H-1 ".utf8)) { body.insert(contentsOf: more, at: place.upperBound) }
        let file = PercentEncoding.encoded(place == .member ? "\(PercentEncoding.encoded(words))+9" : id)
        return (
            Delivery(body: body, receivedAt: arrival, remoteAddress: address),
            place == .member ? "isi=\(file)" : "trx=\(file)"
        )
    }

    private static let arrival = Timestamp(microseconds: now.microseconds - 60_000_000)

    /// A page's elements, each with its attributes' names, and all that it says: texts and attributes, as a browser
    /// understands them.
    private struct Tree {
        var elements: [String] = []
        var says: [String] = []

        init(_ page: String) {
            var rest = Array(page.unicodeScalars)[...]
            while !rest.isEmpty {
                let text = rest.prefix { $0 != "<" }
                says.append(Self.understood(text))
                rest = rest.dropFirst(text.count + 1)
                let tag = Self.tag(&rest)
                elements.append(tag.element)
                says += tag.values
                for raw in ["script", "style"] where tag.element.split(separator: " ").first == Substring(raw) {
                    // A browser looks for its end alone.
                    let end = Array("</\(raw)".unicodeScalars)
                    while !rest.isEmpty, !rest.starts(with: end) { rest.removeFirst() }
                }
            }
        }

        private static func tag(_ rest: inout ArraySlice<Unicode.Scalar>) -> (element: String, values: [String]) {
            var (element, values) = ("", [String]())
            while let scalar = rest.popFirst(), scalar != ">" {
                guard scalar == "\"" else {
                    element.unicodeScalars.append(scalar)
                    continue
                }
                let value = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(value.count + 1)
                values.append(understood(value))
            }
            return (element, values)
        }

        private static func understood(_ text: ArraySlice<Unicode.Scalar>) -> String {
            var string = String(String.UnicodeScalarView(text))
            for (name, meaning) in [("lt", "<"), ("gt", ">"), ("quot", "\""), ("#39", "'"), ("amp", "&")] {
                string = string.replacing("&\(name);", with: meaning)
            }
            return string
        }
    }

    /// The words as a page shows them: pictures in the place of control characters.
    private static func shown(_ words: String) -> String {
        String(
            String.UnicodeScalarView(
                words.unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? scalar
                    case 0x7F: "\u{2421}"
                    case 0x80..<0xA0: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }

    private static func trees(_ place: Place, _ words: String) throws -> [Tree] {
        let scratch = try Scratch(.plain)
        let (delivery, query) = delivery(place, words)
        let outcome = Ledger(path: scratch.data.path).commit([Submission(delivery)]).outcomes[0]
        // An id that is too long is none.
        if case .success(.rejected) = outcome, place != .rejected { return [] }
        return try ["", "daftar", query, "saldo", "ditolak"].map { try tree(of: $0, in: scratch) }
    }

    private static func tree(of query: String, in scratch: Scratch) throws -> Tree {
        let panel = Panel(keys: PageKeys([key]), directory: scratch.data.path, zone: .wib, version: "1.2.3")
        var request = PanelRequest(method: "GET", query: Array(query.utf8))
        request.isPrivate = true
        request.host = "shop.example"
        request.cookies = "__Host-khoins=\(PageKeys([key]).cookie(for: Array(key.utf8), until: now.seconds + 60))"
        let response = panel.answer(request, now: now) { nil }.response
        try #require(response.status == .ok, "\(query): \(response.status)")
        return Tree(String(decoding: response.body, as: UTF8.self))
    }

    @Test("has the elements of a harmless one, and its words whole", arguments: Place.allCases)
    func same(_ place: Place) throws {
        let harmless = try Self.trees(place, "harmless")
        #expect(harmless.count == 5 && harmless.allSatisfy { $0.elements.count > 30 })
        for words in Self.words {
            let hostile = try Self.trees(place, words)
            if hostile.isEmpty {
                // A name of a file has so many bytes.
                #expect(place == .id || place == .member, "\(place): \(words.prefix(40))")
                continue
            }
            for (one, other) in zip(harmless, hostile) {
                #expect(Self.ownElements(one) == Self.ownElements(other), "\(place): \(words.prefix(40))")
            }
            let said = hostile.flatMap(\.says).joined(separator: "\n")
            // JSON has escapes of its own for some of them.
            // Of a long body that is no text, or no callback, the beginning is shown.
            let words = [.rejected, .bytes].contains(place) ? String(words.prefix(200)) : words
            let isWhole = said.contains(Self.shown(words)) || said.contains(Self.shown(Self.quoted(words)))
            #expect(isWhole, "\(place): \(words.prefix(40))")
        }
    }

    @Test("is no more hostile with all the deliveries that a record keeps, each with other words")
    func manyDeliveries() throws {
        let short = Self.words.filter { $0.count < 200 }
        let trees = try [["harmless"], short].map { words in
            let scratch = try Scratch(.plain)
            let submissions = (0..<70).map { number in
                var (delivery, _) = Self.delivery(.providerStatus, "\(number) \(words[number % words.count])")
                delivery.receivedAt.microseconds += Int64(number) * 1_000_000
                return Submission(delivery)
            }
            let outcomes = Ledger(path: scratch.data.path).commit(submissions).outcomes
            #expect(outcomes.allSatisfy { (try? $0.get()) != nil })
            return try Self.tree(of: "trx=H-1", in: scratch)
        }
        #expect(Self.ownElements(trees[0]) == Self.ownElements(trees[1]) && trees[0].elements.count > 64)
        let said = trees[1].says.joined(separator: "\n")
        // Each has a line of its history; the bodies of the newest are shown whole.
        for number in (70 - RecordView.shownBodies)..<70 {
            let words = "\(number) \(short[number % short.count])"
            #expect(said.contains(Self.shown(words)) || said.contains(Self.shown(Self.quoted(words))), "\(number)")
        }
    }

    @Test("is no more hostile as what is searched for", arguments: words.filter { $0.count < 200 })
    func searched(_ words: String) throws {
        let scratch = try Scratch(.plain)
        _ = Ledger(path: scratch.data.path).commit([Submission(Self.delivery(.address, "192.0.2.7").0)])
        let panel = Panel(keys: PageKeys([Self.key]), directory: scratch.data.path, zone: .wib, version: "1.2.3")
        let trees = ["zzz harmless", "zzz \(words)"].map { text in
            var request = PanelRequest(method: "POST", query: Array("cari".utf8))
            request.isPrivate = true
            request.host = "shop.example"
            request.fetchSite = "same-origin"
            let cookie = PageKeys([Self.key]).cookie(for: Array(Self.key.utf8), until: Self.now.seconds + 60)
            request.cookies = "__Host-khoins=\(cookie)"
            request.form = Array("q=\(PercentEncoding.encoded(text))".utf8)
            return Tree(
                String(decoding: panel.answer(request, now: Self.now) { nil }.response.body, as: UTF8.self))
        }
        #expect(trees[0].elements == trees[1].elements && trees[0].elements.count > 30)
        let shown = Self.shown("zzz \(words.trimmingCharacters(in: .whitespacesAndNewlines))")
        #expect(trees[1].says.contains { $0.contains(shown) })
    }

    /// Without the marks that show where JSON is damaged, and what decides by the words themselves: a number has buttons
    /// and groups that others have not.
    private static func ownElements(_ tree: Tree) -> [String] {
        tree.elements.filter { !["mark", "/mark", "wbr"].contains($0) }
    }

    private static func quoted(_ words: String) -> String {
        let json = (try? JSONSerialization.data(withJSONObject: [words], options: .withoutEscapingSlashes)) ?? Data()
        return String(String(decoding: json, as: UTF8.self).dropFirst(2).dropLast(2))
    }
}
