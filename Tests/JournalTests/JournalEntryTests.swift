import TestSupport
import Testing

@testable import Formats
@testable import Journal

@Suite("A journal entry's line")
struct JournalEntryTests {
    static let entries: [JournalEntry] = [
        JournalEntry(.delivery(.test())),
        JournalEntry(.delivery(.test()), updates: true),
        JournalEntry(.delivery(.test(body: []))),
        JournalEntry(.delivery(.test(body: Array("line\nline\r\n\t\0\u{1F}\"\\ 🧾".utf8)))),
        JournalEntry(.delivery(.test(body: [0xFF, 0x00, 0x0A, 0xC3, 0x28]))),
        JournalEntry(.delivery(.test(body: Array(#"{"crc":"00000000","at":""}"#.utf8)))),
        JournalEntry(.delivery(.test(body: Array("cut off".utf8), declaredLength: 500))),
        JournalEntry(.delivery(.test(body: Array("too much".utf8), declaredLength: 0)), updates: true),
        JournalEntry(.delivery(.test(from: ""))),
        JournalEntry(.delivery(.misdirected("GET", query: "refid=KH-1&message=%7B%22a%22%3A1%7D"))),
        JournalEntry(.delivery(.misdirected("POST", query: "refid=\"\n\u{FFFD}", body: [0xFF]))),
        JournalEntry(.delivery(.misdirected("HEAD", query: nil, body: [0x7B])), updates: true),
        JournalEntry(.delivery(.test(at: Timestamp(microseconds: 0)))),
        JournalEntry(.delivery(.typed("text/plain"))),
        JournalEntry(.delivery(.typed("multipart/form-data; boundary=\"a\\b\"\tß🧾")), updates: true),
        JournalEntry(.delivery(.typed("\r\n\0\u{7F}"))),
        JournalEntry(.delivery(.imported())),
        JournalEntry(.delivery(.imported()), updates: true),
        JournalEntry(.expectation(.test())),
        JournalEntry(.expectation(.test("a\"b\nc", product: nil, destination: nil)), updates: true),
    ]

    @Test("reads back as what was written", arguments: entries)
    func roundTrip(_ entry: JournalEntry) {
        let line = entry.line()
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(!line.dropLast().contains(UInt8(ascii: "\n")))
        #expect(JournalEntry(line: line.dropLast()) == entry)
        #expect(JournalEntry(line: ([0, 0, 0] + line).dropFirst(3).dropLast()) == entry)
    }

    @Test("looks as documented")
    func format() {
        let delivery = Delivery(body: Array("{}".utf8), receivedAt: .test(), remoteAddress: "182.23.3.230")
        let text = String(decoding: JournalEntry(.delivery(delivery), updates: true).line(4711), as: UTF8.self)
        let rest = #""n":4711,"at":"2026-11-22T08:18:33.123456Z","from":"182.23.3.230","body":"{}","update":true}"#
        var checksum = CRC32C()
        checksum.update(rest.utf8)
        #expect(text == #"{"crc":"\#(String(checksum.value, radix: 16))",\#(rest)\#n"#)
    }

    @Test("says of a delivery that it was imported, and of no other")
    func imported() {
        let line = String(decoding: JournalEntry(.delivery(.imported())).line(), as: UTF8.self)
        #expect(line.contains(#","from":"182.23.3.230","imported":true,"body":"#))
        #expect(!String(decoding: JournalEntry(.delivery(.test())).line(), as: UTF8.self).contains("imported"))
    }

    @Test("says which Content-Type a delivery came with, and of the usual one nothing")
    func contentType() {
        let line = String(decoding: JournalEntry(.delivery(.typed("text/plain"))).line(), as: UTF8.self)
        #expect(line.contains(#","from":"182.23.3.230","contentType":"text/plain","body":"#))
        #expect(!String(decoding: JournalEntry(.delivery(.test())).line(), as: UTF8.self).contains("contentType"))
    }

    @Test("has the checksum of RFC 3720")
    func checksum() {
        var checksum = CRC32C()
        checksum.update("12345".utf8)
        checksum.update("6789".utf8)
        #expect(checksum.value == 0xE306_9283)
    }

    @Test(
        "has the checksums of RFC 3720 for longer pieces",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), ((0..<32).reversed(), 0x113F_DB5C),
        ] as [([UInt8], UInt32)])
    func longChecksum(_ bytes: [UInt8], _ expected: UInt32) {
        for cut in 0...bytes.count {
            var checksum = CRC32C()
            checksum.update(bytes[..<cut])
            checksum.update(AnySequence(bytes[cut...]))
            #expect(checksum.value == expected)
        }
    }

    @Test("takes no more room than announced", arguments: entries)
    func room(_ entry: JournalEntry) {
        let draft = EntryDraft(entry.content)
        var line: [UInt8] = [1, 2]
        draft.append(to: &line, at: .test(999_999_999_999_999_999), updating: true)
        #expect(line.count - 2 <= draft.maximumLength)
        #expect(line.starts(with: [1, 2]))
    }

    @Test("is not whole with any one byte changed", arguments: entries)
    func corruption(_ entry: JournalEntry) {
        let line = Array(entry.line().dropLast())
        for index in line.indices {
            for change: UInt8 in [0x01, 0x20, 0x80, 0xFF, line[index]] {
                var damaged = line
                damaged[index] ^= change
                #expect(JournalEntry(line: damaged[...]) == nil, "byte \(index) ^ \(change)")
            }
        }
    }

    @Test("is not whole with any number of bytes missing or added", arguments: entries)
    func length(_ entry: JournalEntry) {
        let line = Array(entry.line().dropLast())
        for count in line.indices { #expect(JournalEntry(line: line.prefix(count)) == nil) }
        for count in 1..<line.count { #expect(JournalEntry(line: line.dropFirst(count)) == nil) }
        for extra in [UInt8(ascii: " "), 0, UInt8(ascii: "}")] {
            #expect(JournalEntry(line: line[...] + [extra]) == nil)
        }
    }

    @Test(
        "is refused if its checksum is right but its content is none",
        arguments: [
            #""n":1,"at":"yesterday","from":"","body":""}"#, #""n":1,"from":"","body":""}"#,
            #""n":1,"at":"2026-11-22T08:18:33.123456Z","body":""}"#,
            #""n":1,"at":"2026-11-22T08:18:33.123456Z","from":""}"#,
            #""n":1,"at":"2026-11-22T08:18:33.123456Z","from":"","bodyBase64":"!"}"#,
            #""at":"2026-11-22T08:18:33.123456Z","from":"","body":""}"#,
            #""n":0,"at":"2026-11-22T08:18:33.123456Z","from":"","body":""}"#,
            #""n":"1","at":"2026-11-22T08:18:33.123456Z","from":"","body":""}"#,
            #""abandoned":"elsewhere"}"#, #""abandoned":"000000000001-20261122.jsonl"}"#, #"}"#, "",
        ])
    func content(_ rest: String) {
        var checksum = CRC32C()
        checksum.update(rest.utf8)
        let digits = String(String(UInt64(checksum.value) | 1 << 32, radix: 16).dropFirst())
        #expect(JournalLine(Array(#"{"crc":"\#(digits)",\#(rest)"#.utf8)[...]) == nil)
    }
}

@Suite("The line that gives a journal file up")
struct AbandonmentLineTests {
    @Test("reads back as what was written, and has no number")
    func roundTrip() {
        let file = JournalFileName(first: .test(4711), at: .test())
        let line = JournalLine.abandonment(of: file, behind: 16_777_216)
        #expect(JournalLine(line.dropLast()) == .abandonment(file: file, bytes: 16_777_216))
        #expect(JournalLine.position(in: line.dropLast()) == nil)
    }

    @Test("of an entry tells its number without the rest", arguments: JournalEntryTests.entries)
    func number(_ entry: JournalEntry) {
        #expect(JournalLine.position(in: entry.line(4711).dropLast()) == .test(4711))
        #expect(JournalLine.position(in: entry.line(4711).dropLast(2)) == nil)
    }
}

@Suite("A position in the journal")
struct PositionTests {
    @Test("reads back from its text", arguments: ["1", "4711", "999999999999999999"])
    func roundTrip(_ text: String) {
        #expect(Position(text)?.description == text)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "0", "-1", "+1", "01", " 1", "1 ", "1:1", "0x1", "1.0", "9999999999999999999",
            "20261122-000001.jsonl:0",
        ])
    func refused(_ text: String) {
        #expect(Position(text) == nil)
    }

    @Test("is a whole number in JSON")
    func json() {
        #expect(Position(JSONValue.number("4711")) == .test(4711))
        for value in [nil, .number("0"), .number("-1"), .number("1.5"), .string("1"), .null] as [JSONValue?] {
            #expect(Position(value) == nil)
        }
    }

    @Test("is ordered by its number")
    func order() {
        let positions = [1, 9, 10, 11, 100].map { Position($0) }
        #expect(positions.shuffled().sorted() == positions)
    }
}

@Suite("The name of a journal file")
struct JournalFileNameTests {
    @Test(
        "reads back from its text",
        arguments: ["000000000001-20261122.jsonl", "000000004711-20261122.jsonl", "1000000000000-19700101.jsonl"])
    func roundTrip(_ text: String) {
        #expect(JournalFileName(text)?.description == text)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "-", "20261122-000001.jsonl", "000000000000-20261122.jsonl", "00000000001-20261122.jsonl",
            "0000000000001-20261122.jsonl", "000000000001-2026112.jsonl", "000000000001-20261122.json",
            "x00000000001-20261122.jsonl", "000000000001-20261122-1.jsonl", "000000000001.jsonl", ".jsonl",
        ])
    func refused(_ text: String) {
        #expect(JournalFileName(text) == nil)
    }

    @Test("sorts as text in the order of the entries, even when the clock goes back")
    func names() {
        let days = [0, 1, -400, 0, 50]
        let names = zip([1, 9, 10, 4711, 100_000], days).map {
            JournalFileName(first: .test($0), at: .test($1 * 86_400))
        }
        let texts = names.map(\.description)
        #expect(names == names.sorted())
        #expect(texts == texts.sorted())
        #expect(texts[3] == "000000004711-20261122.jsonl")
    }

    @Test(
        "is told from those of a form that nothing reads",
        arguments: [("20261122-000001.jsonl", true), ("000000000001-20261122.jsonl", false), ("20261122.jsonl", false)])
    func oldForm(_ name: String, _ isOld: Bool) {
        #expect(JournalFileName.isOldForm(name) == isOld)
    }
}

@Suite("A journal line of the usual form")
struct UsualLineTests {
    /// Lines with a right checksum: those of all entries, with each byte changed, taken out or doubled.
    private static func variants(_ entry: JournalEntry) -> [[UInt8]] {
        func line(_ body: [UInt8]) -> [UInt8] {
            var line: [UInt8] = []
            ChecksummedLine.append(to: &line) { $0 += body }
            return line.dropLast()
        }
        var whole: [UInt8] = []
        EntryDraft(entry.content).append(to: &whole, at: .test(4711), updating: entry.updates, behind: 3)
        guard let body = ChecksummedLine.body(of: whole.dropLast()) else { return [] }
        var variants = [line(Array(body))]
        for index in body.indices {
            for byte in Array("\"\\,}{0 u\u{1}\u{FF}".utf8) {
                var changed = Array(body)
                changed[index - body.startIndex] = byte
                variants.append(line(changed))
            }
            var shorter = Array(body)
            shorter.remove(at: index - body.startIndex)
            var longer = Array(body)
            longer.insert(body[index], at: index - body.startIndex)
            variants += [line(shorter), line(longer)]
        }
        return variants
    }

    @Test("says the same however it is read", arguments: JournalEntryTests.entries)
    func same(_ entry: JournalEntry) {
        var count = 0
        for line in Self.variants(entry) where JournalLine(line[...]) != JournalLine(parsing: line[...]) {
            count += 1
            if count < 5 { Issue.record("\(String(decoding: line, as: UTF8.self))") }
        }
        #expect(JournalLine(Self.variants(entry)[0][...]) != nil)
    }

    @Test("is read without being parsed, where it is one")
    func isUsual() throws {
        let line = JournalEntry(.delivery(.test()), updates: true).line().dropLast()
        let body = try #require(ChecksummedLine.body(of: Array(line)[...]))
        #expect(PlacedEntry(usual: body) != nil)
    }
}
