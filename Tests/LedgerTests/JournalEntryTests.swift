import KHOINSCallback
import Testing

@testable import Ledger

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
        JournalEntry(.delivery(.imported())),
        JournalEntry(.delivery(.imported()), updates: true),
        JournalEntry(.expectation(.test())),
        JournalEntry(.expectation(.test("a\"b\nc", product: nil, destination: nil)), updates: true),
        JournalEntry(.abandonment(.test(16_777_216, file: 999_999))),
    ]

    @Test("reads back as what was written", arguments: entries)
    func roundTrip(_ entry: JournalEntry) {
        let line = entry.line
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(!line.dropLast().contains(UInt8(ascii: "\n")))
        #expect(JournalEntry(line: line.dropLast()) == entry)
        #expect(JournalEntry(line: ([0, 0, 0] + line).dropFirst(3).dropLast()) == entry)
    }

    @Test("looks as documented")
    func format() {
        let delivery = Delivery(body: Array("{}".utf8), receivedAt: .test(), remoteAddress: "182.23.3.230")
        let text = String(decoding: JournalEntry(.delivery(delivery), updates: true).line, as: UTF8.self)
        let rest = #""at":"2026-11-22T08:18:33.123456Z","from":"182.23.3.230","body":"{}","update":true}"#
        var checksum = CRC32C()
        checksum.update(rest.utf8)
        #expect(text == #"{"crc":"\#(String(checksum.value, radix: 16))",\#(rest)\#n"#)
    }

    @Test("says of a delivery that it was imported, and of no other")
    func imported() {
        let line = String(decoding: JournalEntry(.delivery(.imported())).line, as: UTF8.self)
        #expect(line.contains(#","from":"182.23.3.230","imported":true,"body":"#))
        #expect(!String(decoding: JournalEntry(.delivery(.test())).line, as: UTF8.self).contains("imported"))
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
        let prepared = PreparedEntry(entry.content)
        #expect(prepared.line(updating: true).count <= prepared.maximumLength)
        #expect(prepared.line(updating: entry.updates) == entry.line)
    }

    @Test("is not whole with any one byte changed", arguments: entries)
    func corruption(_ entry: JournalEntry) {
        let line = Array(entry.line.dropLast())
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
        let line = Array(entry.line.dropLast())
        for count in line.indices { #expect(JournalEntry(line: line.prefix(count)) == nil) }
        for count in 1..<line.count { #expect(JournalEntry(line: line.dropFirst(count)) == nil) }
        for extra in [UInt8(ascii: " "), 0, UInt8(ascii: "}")] {
            #expect(JournalEntry(line: line[...] + [extra]) == nil)
        }
    }

    @Test(
        "is refused if its checksum is right but its content is none",
        arguments: [
            #""at":"yesterday","from":"","body":""}"#, #""from":"","body":""}"#,
            #""at":"2026-11-22T08:18:33.123456Z","body":""}"#,
            #""at":"2026-11-22T08:18:33.123456Z","from":""}"#,
            #""at":"2026-11-22T08:18:33.123456Z","from":"","bodyBase64":"!"}"#,
            #""abandoned":"elsewhere"}"#, #"}"#, "",
        ])
    func content(_ rest: String) {
        var checksum = CRC32C()
        checksum.update(rest.utf8)
        let digits = String(String(UInt64(checksum.value) | 1 << 32, radix: 16).dropFirst())
        #expect(JournalEntry(line: Array(#"{"crc":"\#(digits)",\#(rest)"#.utf8)[...]) == nil)
    }
}

@Suite("A position in the journal")
struct PositionTests {
    @Test(
        "reads back from its text",
        arguments: ["20261122-000001.jsonl:0", "20261122-1000000.jsonl:16777216", "00000000-000000.jsonl:1"])
    func roundTrip(_ text: String) {
        #expect(Position(text)?.description == text)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", ":", "20261122-000001.jsonl", "20261122-000001.jsonl:", "20261122-000001.jsonl:-1",
            "20261122-000001.jsonl:1:1", "20261122-1.jsonl:0", "2026112-000001.jsonl:0", "20261122-0000001.jsonl:0",
            "20261122-000001.json:0", "x/20261122-000001.jsonl:0", "20261122-000001.jsonl:99999999999999999999",
        ])
    func refused(_ text: String) {
        #expect(Position(text) == nil)
    }

    @Test("is ordered by the file's number, then by the offset, whatever the date")
    func order() {
        let files = [(20_261_122, 1), (20_250_101, 2), (20_261_122, 10)].map { JournalFileName(date: $0, number: $1) }
        let positions = files.flatMap { file in [0, 9, 10].map { Position(file: file, offset: $0) } }
        #expect(positions.shuffled().sorted() == positions)
    }

    @Test("names files so that they sort as text, even when the clock goes back")
    func names() {
        let day = 86_400
        var names = [JournalFileName.first(at: .test())]
        for days in [0, 1, -400, 0, 50] { names += names.last.map { [$0.next(at: .test(days * day))] } ?? [] }
        let texts = names.map(\.description)
        #expect(texts == texts.sorted())
        #expect(texts.first == "20261122-000001.jsonl")
        #expect(texts[3] == "20261123-000004.jsonl")
        #expect(texts.compactMap { JournalFileName($0) } == names)
    }
}
