import Formats
import Testing

struct JSONParserTests {
    private func parse(_ text: String) throws(JSONParser.Failure) -> JSONValue {
        try JSONParser.parse(Array(text.utf8))
    }

    @Test(
        "What RFC 8259 allows is read",
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("\t\r\nfalse", .bool(false)), ("0", .number("0")),
            ("-0", .number("-0")), ("-1.50e+3", .number("-1.50e+3")), ("1E400", .number("1E400")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")), (#""""#, .string("")),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")), (#""\u00e9\u00E9é""#, .string("ééé")),
            (#""\u0000""#, .string("\0")), (#""\ud83d\ude00😀""#, .string("😀😀")), (#""\ud83dx""#, .string("\u{FFFD}x")),
            (#""\ude00""#, .string("\u{FFFD}")), (#""\ud83d\ud83d\ude00""#, .string("\u{FFFD}😀")),
            (#""\ud83d\u0041""#, .string("\u{FFFD}A")), ("\"\u{7F}\u{2028}\"", .string("\u{7F}\u{2028}")),
            ("[]", .array([])), ("[ ]", .array([])), ("[1 , [2]]", .array([.number("1"), .array([.number("2")])])),
            ("{}", .object([])), ("{ }", .object([])),
            (
                #"{"a":1 , "a" : {"":null}}"#,
                .object([
                    .init(key: "a", value: .number("1")),
                    .init(key: "a", value: .object([.init(key: "", value: .null)])),
                ])
            ),
            ("\u{FEFF}1", .number("1")),
        ] as [(String, JSONValue)])
    func accepts(_ text: String, _ value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "What RFC 8259 does not allow is refused at its place",
        arguments: [
            ("", .endOfInput, 0), (" ", .endOfInput, 1), ("nul", .endOfInput, 3), ("nulL", .unexpectedByte, 3),
            ("NULL", .unexpectedByte, 0), ("01", .trailingBytes, 1), ("-", .endOfInput, 1), ("+1", .unexpectedByte, 0),
            ("1.", .endOfInput, 2), (".5", .unexpectedByte, 0), ("1e", .endOfInput, 2), ("1e+x", .unexpectedByte, 3),
            ("0x1", .trailingBytes, 1), ("1 2", .trailingBytes, 2), ("NaN", .unexpectedByte, 0),
            ("'a'", .unexpectedByte, 0), (#""a"#, .endOfInput, 2), ("\"a\nb\"", .controlCharacterInString, 2),
            ("\"\0\"", .controlCharacterInString, 1), (#""\x""#, .badEscape, 1), (#""\u12g4""#, .badEscape, 1),
            (#""\u+123""#, .badEscape, 1), (#""\ud83d\u12""#, .badEscape, 7), (#""\u12"#, .endOfInput, 5),
            (#""\"#, .endOfInput, 2), ("[", .endOfInput, 1), ("[1", .endOfInput, 2), ("[1,]", .unexpectedByte, 3),
            ("[1 2]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("]", .unexpectedByte, 0),
            ("{", .endOfInput, 1), ("{a:1}", .unexpectedByte, 1), (#"{"a"}"#, .unexpectedByte, 4),
            (#"{"a":}"#, .unexpectedByte, 5), (#"{"a":1,}"#, .unexpectedByte, 7), (#"{"a":1"#, .endOfInput, 6),
            (#"{"a":1}}"#, .trailingBytes, 7), ("{1:1}", .unexpectedByte, 1), ("1\u{A0}", .trailingBytes, 1),
            ("1//", .trailingBytes, 1), ("\u{FEFF}\u{FEFF}1", .unexpectedByte, 3),
        ] as [(String, JSONParser.Failure.Reason, Int)])
    func refuses(_ text: String, _ reason: JSONParser.Failure.Reason, _ offset: Int) {
        let failure = #expect(throws: JSONParser.Failure.self) { try parse(text) }
        #expect(failure?.reason == reason)
        #expect(failure?.offset == offset)
    }

    @Test("Nesting is read to its limit and refused beyond, however deep", arguments: ["[", #"{"a":"#])
    func limitsDepth(_ open: String) throws {
        let close = open == "[" ? "]" : "}"
        let limit = JSONParser.maximumDepth
        _ = try parse(String(repeating: open, count: limit) + "1" + String(repeating: close, count: limit))
        for depth in [limit + 1, 100_000] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect(throws: JSONParser.Failure.self) { try parse(text) }
        }
    }

    @Test("Bytes that are not UTF-8 are taken inside strings only")
    func foreignBytes() throws {
        #expect(try JSONParser.parse([0x22, 0xFF, 0x61, 0x22]) == .string("\u{FFFD}a"))
        #expect(try JSONParser.parse([0x22, 0x5C, 0x6E, 0xC3, 0x22]) == .string("\n\u{FFFD}"))
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0xFF]) }
    }

    /// Eight bytes are looked at together, so each is tried at each place among others.
    @Test("Whether a byte stands for itself depends on nothing but itself", arguments: ["x", #"\n"#, "é"])
    func bytesInPlace(other: String) throws {
        let read = other == #"\n"# ? "\n" : other
        for byte in UInt8(0)...0x7F where byte != UInt8(ascii: "\\") {
            for place in 0..<17 {
                let before = String(repeating: other, count: place)
                let after = String(repeating: other, count: 17 - place)
                let text = "\"\(before)\(Unicode.Scalar(byte))\(after)\""
                let offset = 1 + before.utf8.count
                switch byte {
                case UInt8(ascii: "\""): refuses(text, .trailingBytes, offset + 1)
                case ..<0x20: refuses(text, .controlCharacterInString, offset)
                default:
                    let expected =
                        String(repeating: read, count: place) + String(Unicode.Scalar(byte))
                        + String(repeating: read, count: 17 - place)
                    #expect(try parse(text) == .string(expected))
                }
            }
        }
    }

    @Test("A prefix is read from its place, and its end returned")
    func readsPrefixes() throws {
        let (value, end) = try JSONParser.parseTolerantly(Array(#"x {"a":1}, y"#.utf8), at: 2)
        #expect((value, end) == (.object([.init(key: "a", value: .number("1"))]), 9))
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parseTolerantly([], at: 0) }
    }

    @Test("Of members of one name the last is meant; other kinds of value give nothing")
    func access() throws {
        let value = try parse(#"{"a":1,"a":"x","n":12,"big":99999999999999999999,"half":1.5,"t":true,"l":[null]}"#)
        #expect((value["a"]?.string, value["a"]?.integer) == ("x", nil))
        #expect((value["n"]?.integer, value["big"]?.integer, value["half"]?.integer) == (12, nil, nil))
        #expect((value["t"]?.bool, value["n"]?.bool) == (true, nil))
        #expect((value["l"]?.array, value["n"]?.array) == ([.null], nil))
        #expect(value["missing"] == nil && JSONValue.null["a"] == nil)
    }
}
