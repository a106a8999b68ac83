import Formats
import KHOINS

/// A body for people: both JSONs laid out, and where one is damaged, as it was sent, with the place marked.
struct BodyView {
    var body: [UInt8]
    var arrival: Timestamp
    var wording: Wording

    /// Bytes of one text that are shown.
    private static let shownBytes = 8_000

    func write(_ html: inout HTML) {
        guard let value = try? JSONParser.parse(body), case .object(let members) = value else {
            html.raw("<p class=\"mut\">")
            html.say(
                "Bukan JSON yang utuh. Begitulah datangnya; yang bisa dibaca tetap dibaca.",
                "No whole JSON. That is how it came; what can be read was read.")
            html.raw("</p>")
            damaged(&html, body)
            whatWasRead(&html)
            return
        }
        let inner = members.last { $0.key.lowercased() == "message" }?.value.string
        JSONLayout.write(value, replacing: inner == nil ? nil : "message", &html)
        if let inner {
            html.raw("<p class=\"mut gap\">")
            html.say("Isi <code>message</code>", "Inside <code>message</code>")
            let bytes = Array(inner.utf8)
            if let report = try? JSONParser.parse(bytes), case .object = report {
                html.raw("</p>")
                JSONLayout.write(report, replacing: nil, &html)
            } else {
                html.say(
                    ": bukan JSON yang utuh. Begitulah KHOINS mengirimnya; yang bisa dibaca tetap dibaca.",
                    ": no whole JSON. That is how KHOINS sent it; what can be read was read.")
                html.raw("</p>")
                damaged(&html, bytes)
                whatWasRead(&html)
            }
        }
        html.raw("<details><summary>")
        html.say("Persis seperti diterima", "Exactly as received")
        html.raw("</summary><pre>")
        text(&html, body[...])
        html.raw("</pre></details>")
    }

    /// The text as it was sent. The token that swallowed too much and the first byte that does not belong there are
    /// marked.
    private func damaged(_ html: inout HTML, _ bytes: [UInt8]) {
        html.raw("<pre>")
        var failure: JSONParser.Failure?
        do throws(JSONParser.Failure) { _ = try JSONParser.parse(bytes) } catch { failure = error }
        if let failure, failure.reason != .trailingBytes, failure.offset < bytes.count {
            let start = Self.tokenStart(bytes, before: failure.offset)
            var end = failure.offset + 1
            while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
            text(&html, bytes[..<start])
            html.raw("<mark>")
            text(&html, bytes[start..<end])
            html.raw("</mark>")
            text(&html, bytes[end...])
        } else {
            text(&html, bytes[...])
        }
        html.raw("</pre>")
    }

    /// Where the string begins that ends right before an offset; the offset itself where none does.
    private static func tokenStart(_ bytes: [UInt8], before offset: Int) -> Int {
        var index = offset - 1
        while index >= 0, bytes[index] == 0x20 { index -= 1 }
        guard index > 0, bytes[index] == UInt8(ascii: "\"") else { return offset }
        index -= 1
        while index > 0, bytes[index] != UInt8(ascii: "\"") || bytes.isEscaped(at: index) { index -= 1 }
        return index
    }

    private func text(_ html: inout HTML, _ bytes: ArraySlice<UInt8>) {
        html.preformatted(String(decoding: bytes.prefix(Self.shownBytes), as: UTF8.self))
        if bytes.count > Self.shownBytes { html.raw(" …") }
    }

    private func whatWasRead(_ html: inout HTML) {
        guard let callback = try? CallbackReader.read(body, arrival: arrival) else { return }
        html.raw("<p class=\"mut gap\">")
        html.say("Yang terbaca", "What could be read")
        html.raw("</p><dl class=\"facts\">")
        for (name, value) in [
            ("trxid", callback.trxid), ("status", callback.status.rawValue), ("product", callback.product),
            ("destination", callback.destination), ("price", callback.price.map(Formats.grouped)),
            ("SN", callback.serialNumber), ("reason", callback.reason),
        ] as [(StaticString, String?)] {
            guard let value else { continue }
            html.raw("<dt>")
            html.raw(name)
            html.raw("</dt><dd>")
            html.foreign(value)
            html.raw("</dd>")
        }
        html.raw("</dl>")
    }
}

/// JSON with a member a line.
enum JSONLayout {
    private static let shownBytes = 8_000

    /// - Parameter replacing: A member of the object itself whose text is told elsewhere.
    static func write(_ value: JSONValue, replacing name: String?, _ html: inout HTML) {
        html.raw("<pre>")
        layOut(value, replacing: name, depth: 0, &html)
        html.raw("</pre>")
    }

    private static func layOut(_ value: JSONValue, replacing name: String?, depth: Int, _ html: inout HTML) {
        switch value {
        case .object(let members):
            html.raw("{")
            for (index, member) in members.enumerated() {
                lineBreak(&html, depth + 1, index)
                html.raw("<i>")
                string(member.key, &html)
                html.raw(":</i> ")
                if let name, member.key.lowercased() == name, case .string = member.value {
                    html.raw("<b>\"…\"</b>")
                } else {
                    layOut(member.value, replacing: nil, depth: depth + 1, &html)
                }
            }
            if !members.isEmpty { lineBreak(&html, depth, 0) }
            html.raw("}")
        case .array(let elements):
            html.raw("[")
            for (index, element) in elements.enumerated() {
                lineBreak(&html, depth + 1, index)
                layOut(element, replacing: nil, depth: depth + 1, &html)
            }
            if !elements.isEmpty { lineBreak(&html, depth, 0) }
            html.raw("]")
        case .string(let text):
            html.raw("<b>")
            string(text, &html)
            html.raw("</b>")
        case .number(let token): html.preformatted(token)
        case .bool(let value): html.raw(value ? "true" : "false")
        case .null: html.raw("null")
        }
    }

    private static func lineBreak(_ html: inout HTML, _ depth: Int, _ index: Int) {
        html.raw(index > 0 ? ",\n" : "\n")
        for _ in 0..<depth { html.raw("  ") }
    }

    private static func string(_ text: String, _ html: inout HTML) {
        html.raw("&quot;")
        html.preformatted(text.utf8.count > shownBytes ? text.prefix(shownBytes / 4) + "…" : text[...])
        html.raw("&quot;")
    }
}
