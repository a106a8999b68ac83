import Formats

/// A page as it is written, in UTF-8.
///
/// Markup enters as `StaticString` alone, which is text of this program's source. Everything else is escaped, so that
/// nothing that a stranger wrote can become markup.
package struct HTML: ~Copyable {
    private var buffer: ByteBuffer
    /// The symbols that were used, which the page must define.
    private(set) var icons = IconSet()
    let language: Language

    package init(_ language: Language, capacity: Int = 32_768) {
        buffer = ByteBuffer(capacity: capacity)
        self.language = language
    }

    package var bytes: [UInt8] { buffer.bytes }

    /// Markup as it stands there.
    mutating func raw(_ markup: StaticString) { buffer.append(markup) }

    /// Words of the program in the page's language; they may hold markup.
    mutating func say(_ indonesian: StaticString, _ english: StaticString) {
        buffer.append(language.choose(indonesian, english))
    }

    /// A number as markup.
    mutating func number(_ number: Int) { buffer.appendDigits(number) }

    /// A number for people, with dots between thousands in both languages, as KHOINS's texts have them.
    mutating func grouped(_ number: Int) { plain(Formats.grouped(number)) }

    /// A text of the program's own, such as a date, escaped like any other.
    mutating func plain(_ text: String) { escape(text, isPreformatted: false) }

    /// A foreign text: escaped, control characters shown as pictures, and apart from what stands around it, so that
    /// marks of direction in it turn nothing else around.
    mutating func foreign(_ text: String) {
        raw("<bdi>")
        escape(text, isPreformatted: false)
        raw("</bdi>")
    }

    /// A foreign text between the tags of a `<pre>`, where line ends and tabs stay.
    mutating func preformatted(_ text: some StringProtocol) { escape(text, isPreformatted: true) }

    /// The value of an attribute, between its quotes.
    mutating func attribute(_ text: String) { escape(text, isPreformatted: true) }

    /// The value of a query's field, between the quotes of an attribute.
    mutating func queryValue(_ text: String) { plain(PercentEncoding.encoded(text)) }

    /// An icon; hidden from those who listen.
    mutating func icon(_ icon: Icon, _ colour: StaticString = "") {
        icons.insert(icon)
        raw("<svg class=\"i")
        if colour.utf8CodeUnitCount > 0 {
            raw(" ")
            raw(colour)
        }
        raw("\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><use href=\"#")
        raw(icon.name)
        raw("\"/></svg>")
    }

    /// Appends another part of the page, made before.
    mutating func append(_ part: borrowing HTML) {
        part.buffer.withBytes { bytes in buffer.append(bytes.bindMemory(to: UInt8.self)) }
        icons.formUnion(part.icons)
    }

    private mutating func escape(_ text: some StringProtocol, isPreformatted: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": raw("&amp;")
            case "<": raw("&lt;")
            case ">": raw("&gt;")
            case "\"": raw("&quot;")
            case "'": raw("&#39;")
            case "\n", "\t": if isPreformatted { buffer.append(scalar) } else { buffer.append(" " as Unicode.Scalar) }
            // Pictures of control characters have a block of their own.
            case "\0"..."\u{1F}": picture(0x2400 + scalar.value)
            case "\u{7F}": picture(0x2421)
            case "\u{80}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": picture(0xFFFD)
            default: buffer.append(scalar)
            }
        }
    }

    private mutating func picture(_ value: UInt32) {
        if let scalar = Unicode.Scalar(value) { buffer.append(scalar) }
    }
}

/// The languages of the page.
package enum Language: String, Sendable {
    case indonesian = "id"
    case english = "en"

    func choose(_ indonesian: StaticString, _ english: StaticString) -> StaticString {
        self == .indonesian ? indonesian : english
    }

    /// The same for words that a text is put together of.
    func words(_ indonesian: String, _ english: String) -> String {
        self == .indonesian ? indonesian : english
    }

    var other: Language { self == .indonesian ? .english : .indonesian }
}
