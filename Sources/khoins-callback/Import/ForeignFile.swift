/// What a file is that holds no lines to import, as far as its first bytes tell.
struct ForeignFile: Equatable {
    /// “compressed (gzip)”
    var kind: String
    /// The command that makes lines of it, if there is one.
    var reader: String?

    /// Bytes that tell.
    static let headLength = 512

    /// `nil` for what may well be lines.
    init?(head: [UInt8]) {
        if let known = Self.signatures.first(where: { head.dropFirst($0.offset).starts(with: $0.bytes) }) {
            self.init(kind: known.kind, reader: known.reader)
            return
        }
        // Text of ASCII in UTF-16 has a NUL as every second byte, in UTF-32 three of four.
        let zeros = head.prefix(4).map { $0 == 0 }
        if [[true, false, true, false], [false, true, false, true]].contains(zeros) {
            self.init(kind: "UTF-16, no UTF-8", reader: "iconv -f UTF-16\(zeros[0] ? "BE" : "LE") -t UTF-8")
            return
        }
        if [[true, true, true, false], [false, true, true, true]].contains(zeros) {
            self.init(kind: "UTF-32, no UTF-8", reader: "iconv -f UTF-32\(zeros[0] ? "BE" : "LE") -t UTF-8")
            return
        }
        let text = head.starts(with: Self.byteOrderMark) ? head.dropFirst(3) : head[...]
        let start = text.drop { " \t\r\n".utf8.contains($0) }
        if start.first == UInt8(ascii: "<") {
            let isXML = start.starts(with: "<?xml".utf8)
            self.init(kind: isXML ? "XML, no log of bodies" : "HTML, no log of bodies", reader: nil)
            return
        }
        // A damaged body may hold a NUL too; it begins like JSON.
        if start.first != UInt8(ascii: "{"), head.contains(0) {
            self.init(kind: "no text", reader: nil)
            return
        }
        return nil
    }

    private init(kind: String, reader: String?) {
        self.kind = kind
        self.reader = reader
    }

    /// In UTF-8, which needs none.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private struct Signature: Sendable {
        var bytes: [UInt8]
        var offset = 0
        var kind: String
        var reader: String?
    }

    private static let signatures = [
        Signature(bytes: [0x1F, 0x8B], kind: "compressed (gzip)", reader: "zcat"),
        Signature(bytes: [0x1F, 0x9D], kind: "compressed (compress)", reader: "zcat"),
        Signature(bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], kind: "compressed (xz)", reader: "xzcat"),
        Signature(bytes: Array("BZh".utf8), kind: "compressed (bzip2)", reader: "bzcat"),
        Signature(bytes: [0x28, 0xB5, 0x2F, 0xFD], kind: "compressed (zstd)", reader: "zstdcat"),
        Signature(bytes: [0x04, 0x22, 0x4D, 0x18], kind: "compressed (lz4)", reader: "lz4cat"),
        Signature(bytes: Array("LZIP".utf8), kind: "compressed (lzip)", reader: "lzip -dc"),
        Signature(bytes: Array("PK\u{3}\u{4}".utf8), kind: "an archive (zip)", reader: "unzip -p"),
        Signature(bytes: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], kind: "an archive (7z)", reader: "7z x -so"),
        Signature(bytes: Array("Rar!".utf8), kind: "an archive (rar)", reader: "unrar p -inul"),
        Signature(bytes: Array("ustar".utf8), offset: 257, kind: "an archive (tar)", reader: "tar -xOf"),
        // UTF-32 first: its mark begins like that of UTF-16.
        Signature(bytes: [0xFF, 0xFE, 0, 0], kind: "UTF-32, no UTF-8", reader: "iconv -f UTF-32 -t UTF-8"),
        Signature(bytes: [0, 0, 0xFE, 0xFF], kind: "UTF-32, no UTF-8", reader: "iconv -f UTF-32 -t UTF-8"),
        Signature(bytes: [0xFF, 0xFE], kind: "UTF-16, no UTF-8", reader: "iconv -f UTF-16 -t UTF-8"),
        Signature(bytes: [0xFE, 0xFF], kind: "UTF-16, no UTF-8", reader: "iconv -f UTF-16 -t UTF-8"),
        Signature(bytes: Array("%PDF".utf8), kind: "a PDF, no log of bodies", reader: nil),
        Signature(bytes: Array("SQLite format 3".utf8), kind: "a database (SQLite), no log of bodies", reader: nil),
        Signature(bytes: Array("LPKSHHRH".utf8), kind: "a journal of systemd, no log of bodies", reader: nil),
        Signature(bytes: [0x7F] + Array("ELF".utf8), kind: "a program, no log of bodies", reader: nil),
    ]
}
