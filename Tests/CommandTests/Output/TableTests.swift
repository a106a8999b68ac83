import Testing

@testable import Operations

@Suite("A table")
struct TableTests {
    private func lines(
        _ columns: [Table.Column], _ rows: [[Table.Cell]], hasColour: Bool = false, room: Int? = nil
    ) -> [String] {
        var lines: [String] = []
        var table = Table(columns, hasColour: hasColour, room: room) { lines.append($0) }
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

    @Test("is never wider than its room, and as wide as it can be")
    func room() {
        let columns: [Table.Column] = [
            .init("TIME", short: "WIB", leaves: 1), .init("STATUS"), .init("ID", excess: .middle(6)),
            .init("RUPIAH", .right, leaves: 2), .init("NOTE", excess: .end(5), leaves: 3),
        ]
        let rows: [[Table.Cell]] = [
            [.init("2026-11-22 15:06:00 WIB", short: "11-22 15:06"), "Success", "INV-0001", "10.155", "日本語 and more"],
            [.init("2026-11-22 15:07:00 WIB", short: "11-22 15:07"), "Gagal", "KH-1", "", ""],
        ]
        let natural = lines(columns, rows)
        let width = natural.map(\.displayWidth).max() ?? 0
        #expect(lines(columns, rows, room: width) == natural)
        for room in 10..<width {
            let fitted = lines(columns, rows, room: room)
            #expect(fitted.count == 3 && fitted.allSatisfy { $0.displayWidth <= room }, "\(room) \(fitted)")
        }
        #expect(
            lines(columns, rows, room: 43) == [
                "WIB          STATUS   ID      RUPIAH  NOTE", "11-22 15:06  Success  INV…01  10.155  日本…",
                "11-22 15:07  Gagal    KH-1",
            ])
        #expect(
            lines(columns, rows, room: 21) == ["STATUS   ID", "Success  INV-0001", "Gagal    KH-1"])
    }

    @Test("folds what must not be shortened")
    func folds() {
        let lines = lines(
            [.init(""), .init("", excess: .folds(4)), .init("", excess: .folds(4), leaves: 1)],
            [["sn", "1234-5678/BUDI", "what was paid for"], ["x", "y", ""]], room: 20)
        #expect(lines == ["sn  1234-56  what", "    78/BUDI  was", "             paid", "             for", "x   y"])
    }

    @Test("of no rows is nothing")
    func empty() {
        #expect(lines([.init("A")], []) == [])
    }
}
