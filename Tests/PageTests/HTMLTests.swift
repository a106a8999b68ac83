import Formats
import Testing

@testable import Page

struct HTMLTests {
    @Test(
        "Everything that is not this program's own is escaped",
        arguments: [
            ("<script>&\"'</script>", "&lt;script&gt;&amp;&quot;&#39;&lt;/script&gt;"),
            ("\0\u{7}\u{1B}[31m\u{7F}", "␀␇␛[31m␡"), ("\u{85}\u{9B}", "\u{FFFD}\u{FFFD}"), ("a\nb\tc", "a b c"),
            ("é 😀 \u{202E}x", "é 😀 \u{202E}x"),
        ])
    func escapes(_ text: String, _ expected: String) {
        var html = HTML(.english)
        html.foreign(text)
        #expect(String(decoding: html.bytes, as: UTF8.self) == "<bdi>\(expected)</bdi>")
    }

    @Test("Line ends stay in what is laid out")
    func keepsLines() {
        var html = HTML(.english)
        html.preformatted("a\n\tb<")
        #expect(String(decoding: html.bytes, as: UTF8.self) == "a\n\tb&lt;")
    }

    @Test(
        "A value of a query is encoded",
        arguments: [("a b&c=d/é\"", "a%20b%26c%3Dd%2F%C3%A9%22"), ("KH-1_~.", "KH-1_~.")])
    func encodes(_ text: String, _ expected: String) {
        var html = HTML(.english)
        html.queryValue(text)
        #expect(String(decoding: html.bytes, as: UTF8.self) == expected)
    }

    @Test(
        "Rupiah have dots between thousands",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1.000"), (-9_858_221, "-9.858.221"),
            (Int.min, "-9.223.372.036.854.775.808"),
        ])
    func groups(_ number: Int, _ expected: String) {
        #expect(Formats.grouped(number) == expected)
    }

    @Test(
        "A share has one digit behind the comma",
        arguments: [(1, 3, "33,3"), (0, 5, "0,0"), (7, 7, "100,0"), (0, 0, "–")])
    func shares(_ part: Int, _ all: Int, _ expected: String) {
        #expect(Amount.percent(part, of: all) == expected)
    }
}
