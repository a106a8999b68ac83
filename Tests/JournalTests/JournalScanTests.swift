import TestSupport
import Testing

@testable import Formats
@testable import Journal

@Suite("Scanning the journal")
struct JournalScanTests {
    static let lines = (1...4).map { JournalEntry(.delivery(.test("KH-\($0)"))).line($0) }

    /// The ids that a scan of bytes finds, and the damaged ranges.
    func scan(_ bytes: [UInt8], at offset: Int = 0) -> (entries: [String], damage: [Range<Int>]) {
        var entries: [String] = []
        var damage: [Range<Int>] = []
        var reached = offset
        for stretch in JournalScan(bytes, at: offset) {
            if let placed = stretch.placed, case .delivery(let delivery) = placed.entry.content {
                entries.append(Self.name(of: delivery.body))
            } else {
                damage.append(stretch.range)
            }
            #expect(stretch.range.lowerBound >= reached && !stretch.range.isEmpty)
            reached = stretch.range.upperBound
        }
        #expect(reached <= offset + bytes.count)
        return (entries, damage)
    }

    static func name(of body: [UInt8]) -> String {
        (try? JSONParser.parse(body))?["refid"]?.string ?? "?"
    }

    @Test("finds every line and where it stands")
    func whole() {
        let bytes = Self.lines.joined()
        let stretches = Array(JournalScan(Array(bytes), at: 1_000))
        #expect(stretches.last?.range.upperBound == 1_000 + bytes.count)
        #expect(stretches.map { $0.placed?.position } == (1...4).map { Position($0) })
        #expect(scan(Array(bytes)).entries == ["KH-1", "KH-2", "KH-3", "KH-4"])
        #expect(scan([]).entries == [])
    }

    @Test("takes a torn tail of any length for damage, and nothing else")
    func tornTail() {
        for count in 1..<Self.lines[1].count {
            let found = scan(Self.lines[0] + Self.lines[1].prefix(count))
            #expect(found.entries == ["KH-1"])
            #expect(found.damage == [Self.lines[0].count..<(Self.lines[0].count + count)])
        }
    }

    static let rubbish: [(String, [UInt8])] = [
        ("NUL", [UInt8](repeating: 0, count: 4096)),
        ("NUL and a new line", [UInt8](repeating: 0, count: 100) + [10]),
        ("words", Array("no entry\n".utf8)),
        ("a line cut short", Array(lines[3].prefix(50))),
        ("a line without its beginning", Array(lines[3].dropFirst(9))),
        ("bytes", [0xFF, 0xFE, 10, 0x80, 10]),
        ("an empty entry", Array("{\"crc\":\"00000000\",}\n".utf8)),
        ("half an opening", Array("{\"crc\"".utf8)),
    ]

    @Test("finds the lines after rubbish", arguments: rubbish)
    func afterRubbish(_ name: String, _ rubbish: [UInt8]) {
        #expect(scan(rubbish + Self.lines[1] + Self.lines[2]).entries == ["KH-2", "KH-3"])
        let found = scan(Self.lines[0] + rubbish + Self.lines[1] + Self.lines[2])
        #expect(found.entries == ["KH-1", "KH-2", "KH-3"])
        #expect(!found.damage.isEmpty)
    }

    @Test("passes over blank lines")
    func blank() {
        let found = scan([10, 10] + Self.lines[0] + [10] + Self.lines[1])
        #expect(found.entries == ["KH-1", "KH-2"])
        #expect(found.damage == [])
    }

    @Test("finds the line behind a new line that was lost")
    func lostNewLine() {
        var bytes = Array(Self.lines.joined())
        bytes[Self.lines[0].count - 1] = 0
        #expect(scan(bytes).entries == ["KH-2", "KH-3", "KH-4"])
        #expect(scan(bytes).damage == [0..<Self.lines[0].count])
    }

    @Test("loses only the lines in which any one byte was changed")
    func oneByte() {
        let bytes = Array(Self.lines.prefix(3).joined())
        let ends = [Self.lines[0].count, Self.lines[0].count + Self.lines[1].count, bytes.count]
        for index in bytes.indices {
            for change: UInt8 in [0x01, bytes[index], bytes[index] ^ 10] where change != 0 {
                var damaged = bytes
                damaged[index] ^= change
                let struck = ends.firstIndex { index < $0 } ?? 0
                let expected = (1...3).filter { $0 != struck + 1 }.map { "KH-\($0)" }
                #expect(scan(damaged).entries == expected, "byte \(index) ^ \(change)")
            }
        }
    }

    /// Damage at random places must never hide a line of which no byte was touched, and never invent one.
    @Test("never hides a later whole line, whatever the damage", arguments: 0..<200)
    func random(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...30, using: &generator)
        let names = (0..<count).map { "KH-\($0)" }
        let lines = names.map {
            JournalEntry(.delivery(.test($0, text: String(repeating: "x", count: $0.count * 3)))).line()
        }
        var bytes = Array(lines.joined())
        var touched = [Bool](repeating: false, count: bytes.count)
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, start + Int.random(in: 1...400, using: &generator))
            let isNUL = Bool.random(using: &generator)
            for index in start..<end {
                bytes[index] = isNUL ? 0 : UInt8.random(in: 0...255, using: &generator)
                touched[index] = true
            }
        }
        var expected: [String] = []
        var offset = 0
        for (name, line) in zip(names, lines) {
            if !touched[offset..<(offset + line.count)].contains(true) { expected.append(name) }
            offset += line.count
        }
        let found = scan(bytes).entries
        #expect(found.filter { expected.contains($0) } == expected)
        #expect(Set(found).isSubset(of: names))
    }
}
