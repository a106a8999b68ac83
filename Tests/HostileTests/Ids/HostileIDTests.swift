import Foundation
import TestSupport
import Testing

@Suite("An id as a file name")
struct HostileIDTests {
    /// The name as the contract has it, made by another hand: Foundation's.
    private static func fileName(_ id: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let encoded = id.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        return (encoded.hasPrefix(".") ? "%2E" + encoded.dropFirst() : encoded) + ".json"
    }

    static let ids: [String] = [
        "../x", "../../../../etc/cron.d/x", "..", ".", "...", "/etc/passwd", "//etc/passwd", "~root/x", "a/b", "a\\b",
        "..\\x", "a/../b", "./x", ".hidden", "..hidden", ".htaccess", ".x.new", "abc\0.json", "\0", "a\nb", "a\r\nb",
        "\u{1B}[2J", "a\tb", "a b", "%2e%2e%2fx", "%2E", "%", "%%", "%00", "a%2Fb", "abc.json",
        "abc.json.json", "CON", "nul", "COM1", "LPT1.txt", "aux.", "PRN:", "C:\\x", "a:b", "a*b?c", "<a>|\"b\"", "-rf",
        "--data=/x", "$(id)", "`id`", "a;b", "a&b", "a'b", "*", "é", "e\u{301}", "ﬁ", "Ａ", "а", "A", "a",
        "\u{202E}gpj", "\u{200B}", "\u{FEFF}x", "😀", "ß", "ﾊ", "İ", "K", "\u{212A}", "KH-1+KH-2", "a+b", "a,b=c", "@",
        "#x", "?x=1", "journal", "transactions", "nosuch/../../topups/x", String(repeating: "a", count: 195),
        String(repeating: ".", count: 193), String(repeating: "é", count: 32), "\u{7F}", "\u{85}", "\u{2028}",
        "\u{FFFC}",
    ]

    private static let refused: [(name: String, id: [UInt8])] = [
        ("one byte too long", Array(repeating: UInt8(ascii: "a"), count: 196)),
        ("much too long", Array(repeating: UInt8(ascii: "a"), count: 60_000)),
        ("too long once encoded", Array(String(repeating: "é", count: 33).utf8)),
        ("dots that are too long with the first one encoded", Array(String(repeating: ".", count: 194).utf8)),
        ("not UTF-8", [0x61, 0xFF, 0x62]), ("a slash that is too long for UTF-8", [0xC0, 0xAF]),
        ("half a character", [0xE2, 0x82]), ("a surrogate as bytes", [0xED, 0xA0, 0x80]), ("empty", []),
        ("white space alone", Array(" \t\r\n".utf8)), ("a placeholder", Array("-".utf8)),
    ]

    private func body(_ id: [UInt8]) -> [UInt8] {
        var text = Array(#"{"refid":""#.utf8)
        for byte in id {
            switch byte {
            case 0..<0x20: text += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            default: text.append(byte)
            }
        }
        return text + Array(#"","message":"{\"status\":\"Success\",\"message\":\"x\"}"}"#.utf8)
    }

    @Test("stays inside, and belongs to that id alone", arguments: [WayIn.cgi, .fastCGI])
    func everyID(way: WayIn) throws {
        let installation = try way.open()
        let data = installation.scratch.data
        for id in Self.ids {
            let reply = try installation.door.send(Request(posting: body(Array(id.utf8))))
            #expect(reply.status == 200, "\(id.debugDescription): \(reply.text)")
            #expect(reply.json?["result"] == "created", "\(id.debugDescription) collides with another")
            #expect(reply.json?["trxid"] == .string(id), "\(id.debugDescription)")
        }
        #expect(Set(data.names("transactions")) == Set(Self.ids.map { "transactions/\(Self.fileName($0))" }))
        for id in Self.ids { #expect(try data.json("transactions/\(Self.fileName(id))")["trxid"] == .string(id)) }
        for (name, id) in Self.refused {
            #expect(try installation.door.send(Request(posting: body(id))).status == 400, "\(name)")
        }
        for id in [" a", "a ", "\ta\r\n"] {
            let reply = try installation.door.send(Request(posting: body(Array(id.utf8))))
            #expect(reply.json?["trxid"] == .string("a"), "white space around an id is no part of it")
        }
        #expect(data.names("transactions").count == Self.ids.count)
        #expect(data.names("rejected").count == Self.refused.count)
        try expectNothingOutside(installation.scratch)
        #expect(try data.findings() == [])
    }

    @Test("of a top-up cannot be made to look like another's")
    func topups() throws {
        let installation = try WayIn.fastCGI.open()
        let pairs = [
            ("a", "b"), ("a+b", ""), ("a", "b+c"), ("a+b", "c"), ("../a", "../b"), (".", "."), ("", "+"),
            ("a%2Bb", "c"),
        ]
        var names: Set<String> = []
        for (member, id) in pairs where !member.isEmpty {
            let trxid = id.isEmpty ? "" : #","trxid":"\#(id)""#
            let reply = try installation.door.send(
                Request(
                    posting: #"{"memberid":"\#(member)","amount":"1","message":"{\"status\":\"Success\"}"\#(trxid)}"#))
            #expect(reply.json?["result"] == "created", "\(member) \(id): \(reply.text)")
            names = Set(installation.scratch.data.names("topups"))
        }
        #expect(names.count == pairs.filter { !$0.0.isEmpty }.count)
        #expect(names.contains("topups/a%2Bb+c.json") && names.contains("topups/a+b%2Bc.json"))
        try expectNothingOutside(installation.scratch)
    }

    private func expectNothingOutside(_ scratch: Scratch) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("home")) == ["data"])
        let top = try FileManager.default.contentsOfDirectory(atPath: scratch.data.path).sorted()
        #expect(top == ["journal", "rejected", "topups", "transactions"])
    }
}
