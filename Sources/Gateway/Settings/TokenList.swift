import KHOINS

/// The secrets as they are set: separated by commas alone, of letters, digits and `-._~`, which go through every URL and
/// every web server as they are. So no word of a remark behind them can become one.
enum TokenList {
    /// Names that are pages at the place of the callback: a token of that name would be one of them too.
    private static let reserved = ["metrics", "panel"]

    /// The items of a list, without the white space around them; what is between two commas and empty is none.
    static func items(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ",")).compactMap { item in
            let item = trimmed(item)
            return item.isEmpty ? nil : String(item)
        }
    }

    /// The tokens of a list.
    ///
    /// - Parameter name: What the list is called in the sentence that says what is wrong with it; no token is in that.
    static func tokens(in text: String, called name: String) throws(Settings.Problem) -> [String] {
        try checked(items(of: text), called: name)
    }

    /// The tokens of a file, where line ends separate too, and lines that begin with `#` say nothing.
    static func tokens(inFile bytes: [UInt8], called name: String) throws(Settings.Problem) -> [String] {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let items = lines.flatMap { line in
            let text = String(decoding: line, as: UTF8.self)
            return text.utf8.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#") ? [] : Self.items(of: text)
        }
        return try checked(items, called: name)
    }

    private static func checked(_ items: [String], called name: String) throws(Settings.Problem) -> [String] {
        if items.isEmpty {
            throw Settings.Problem("\(name) is set, but holds no token: name one, or take the setting out")
        }
        for (index, item) in items.enumerated() {
            let place = items.count == 1 ? "the token" : "token \(index + 1)"
            if !item.utf8.allSatisfy(isAllowed) {
                throw Settings.Problem(
                    "\(name): \(place) holds something else than letters, digits and -._~ ; commas separate tokens, and a comment is a line of its own that begins with #"
                )
            }
            if reserved.contains(item.lowercased()) {
                throw Settings.Problem(
                    "\(name): \(place) is the name of a page of this program; a token of that name is refused")
            }
        }
        return items
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring {
        var text = Substring(text)
        while let first = text.utf8.first, first == 0x20 || first == 0x09 || first == 0x0A || first == 0x0D {
            text.removeFirst()
        }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 || last == 0x0A || last == 0x0D {
            text.removeLast()
        }
        return text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
