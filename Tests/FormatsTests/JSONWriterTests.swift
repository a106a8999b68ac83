import Formats
import TestSupport
import Testing

struct JSONWriterTests {
    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("Only what must be escaped is escaped")
    func escapes() {
        #expect(written { $0.string("\"\\/é😀\u{7F}\n\r\t\0\u{1F}") } == "\"\\\"\\\\/é😀\u{7F}\\n\\r\\t\\u0000\\u001f\"")
        #expect(written { $0.string([0x61, 0x0A].reversed()) } == #""\na""#)
        #expect(written { $0.string("") } == #""""#)
    }

    /// Sixteen bytes are looked at together, so each is tried at each place among others.
    @Test("Whether a byte is escaped depends on nothing but itself", arguments: [UInt8(ascii: "x"), 0x22, 0x1F, 0xC3])
    func escapesInPlace(other: UInt8) {
        func single(_ byte: UInt8) -> String { String(written { $0.string([byte]) }.dropFirst().dropLast()) }
        for byte in UInt8(0)...0x7F {
            for place in 0..<33 {
                // What is not ASCII comes in pairs.
                let neighbour: [UInt8] = other < 0x80 ? [other] : [other, 0xA9]
                let escaped = other < 0x80 ? single(other) : "é"
                let before = Array(repeatElement(neighbour, count: place).joined())
                let after = Array(repeatElement(neighbour, count: 33 - place).joined())
                let expected =
                    String(repeating: escaped, count: place) + single(byte)
                    + String(repeating: escaped, count: 33 - place)
                #expect(written { $0.string(before + [byte] + after) } == "\"\(expected)\"")
            }
        }
    }

    @Test("Commas stand between members and elements, and nowhere else")
    func commas() {
        let text = written { writer in
            writer.open("{")
            writer.next("\n  ")
            writer.key("a", space: true)
            writer.integer(-5)
            writer.next("\n  ")
            writer.key("b")
            writer.open("[")
            writer.close("]")
            writer.next()
            writer.key("c")
            writer.open("[")
            writer.next()
            writer.bool(true)
            writer.next()
            writer.open("{")
            writer.close("}")
            writer.close("]")
            writer.raw("\n")
            writer.close("}")
        }
        #expect(text == "{\n  \"a\": -5,\n  \"b\":[],\"c\":[true,{}]\n}")
    }

    @Test("What is written reads as the same value", arguments: 1...200)
    func roundTrip(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let value = randomValue(depth: 4, using: &generator)
        var writer = JSONWriter()
        writer.value(value)
        #expect(try JSONParser.parse(writer.bytes) == value)
    }

    private func randomText(using generator: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let limit: UInt32 = [0x80, 0x800, 0x11_0000].randomElement(using: &generator) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) { text.append(scalar) }
        }
        return String(text)
    }

    private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        let count = Int.random(in: 0..<5, using: &generator)
        switch Int.random(in: depth > 0 ? 0..<6 : 2..<6, using: &generator) {
        case 0: return .array((0..<count).map { _ in randomValue(depth: depth - 1, using: &generator) })
        case 1:
            return .object(
                (0..<count).map { _ in
                    .init(
                        key: randomText(using: &generator), value: randomValue(depth: depth - 1, using: &generator))
                })
        case 2: return .string(randomText(using: &generator))
        case 3: return .number(["0", "-1", "1.5e-7", "12345678901234567890"].randomElement(using: &generator) ?? "0")
        case 4: return .bool(Bool.random(using: &generator))
        default: return .null
        }
    }
}
