import Testing

@testable import Operations

@Suite("A table")
struct TableTests {
    private func lines(
        _ columns: [Table.Column], _ rows: [[Table.Cell]], hasColour: Bool = false
    ) -> [String] {
        var lines: [String] = []
        var table = Table(columns, hasColour: hasColour) { lines.append($0) }
        for row in rows { table.append(row) }
        table.finish()
        return lines
    }

    @Test("aligns words left and numbers right, and ends no line with spaces")
    func alignment() {
        let lines = lines(
            [.init("ID"), .init("RUPIAH", .right), .init("NOTE")],
            [["KH-1", "10.155", "long"], ["KH-10000", "0", ""], ["", "", ""]])
        #expect(lines == ["ID        RUPIAH  NOTE", "KH-1      10.155  long", "KH-10000       0", ""])
    }

    @Test("gives wide characters and emoji two columns, and marks on a character none")
    func width() {
        #expect("日本".displayWidth == 4)
        #expect("😀".displayWidth == 2)
        #expect("👨‍👩‍👧".displayWidth == 2)
        #expect("e\u{301}é".displayWidth == 2)
        #expect("✔\u{FE0F}".displayWidth == 2)
        #expect(lines([.init("A"), .init("B")], [["😀", "x"], ["abc", "y"]]) == ["A    B", "😀   x", "abc  y"])
    }

    @Test("shows nothing that a terminal would obey")
    func hostileText() {
        let hostile = "a\u{1b}[2Jb\nc\u{9b}d\u{202e}e"
        #expect(hostile.printable == #"a\u{1b}[2Jb\u{a}c\u{9b}d\u{202e}e"#)
        #expect(lines([.init("A")], [[.init(hostile)]]).last == hostile.printable)
        #expect("Rp10.155 é 😀".printable == "Rp10.155 é 😀")
    }

    @Test("has colours only where it is told so, and they take no room")
    func colours() {
        let row: [Table.Cell] = [.init("Gagal", .red), "x"]
        #expect(lines([.init(""), .init("")], [row]) == ["Gagal  x"])
        #expect(lines([.init(""), .init("")], [row], hasColour: true) == ["\u{1b}[31mGagal\u{1b}[0m  x"])
    }

    @Test("goes on with the widths of its first thousand rows")
    func long() {
        let rows = (0..<1000).map { _ in ["a", "b"] as [Table.Cell] } + [["longer", "b"]]
        let lines = lines([.init(""), .init("")], rows)
        #expect(lines.count == 1001)
        #expect(lines.first == "a  b")
        #expect(lines.last == "longer  b")
    }

    @Test("of no rows is nothing")
    func empty() {
        #expect(lines([.init("A")], []) == [])
    }
}
