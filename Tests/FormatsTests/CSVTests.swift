import Testing

@testable import Formats

@Suite("CSV")
struct CSVTests {
    @Test(
        "takes the sting out of texts that a spreadsheet would calculate, round or take for a date",
        arguments: [
            ("=1+1", "'=1+1"), ("+62812", "'+62812"), ("-5", "'-5"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
            ("0812000111", "'0812000111"), ("123456789012", "'123456789012"), ("1-2", "'1-2"), ("1E5", "'1E5"),
            ("12:30", "'12:30"), ("0", "0"), ("10001", "10001"), ("KH-9001", "KH-9001"), ("é 😀", "é 😀"), ("", ""),
        ])
    func guarded(text: String, field: String) {
        #expect(CSV.line([.text(text)]) == field + "\r\n")
    }

    @Test("quotes what holds a comma, a quote or a line end, and doubles quotes")
    func quoted() {
        #expect(CSV.line([.text("a,b"), .text(#"say "so""#)]) == "\"a,b\",\"say \"\"so\"\"\"\r\n")
        #expect(CSV.line([.text("two\nlines"), .text("\rx")]) == "\"two\nlines\",\"'\rx\"\r\n")
        #expect(CSV.line([.text("=HYPERLINK(\"x\",1)")]) == "\"'=HYPERLINK(\"\"x\"\",1)\"\r\n")
    }

    @Test(
        "has no formula where a semicolon parts cells",
        arguments: [
            ("x;=1+1", "x;'=1+1"), (";@SUM(A1)", ";'@SUM(A1)"), ("a;b;+1", "a;b;'+1"), ("x; -2+3", "x; '-2+3"),
            ("x\t=1", "x\t'=1"), (" =1", " '=1"), ("a=b;c-d", "a=b;c-d"), ("x;;=1", "x;;'=1"),
        ])
    func semicolons(text: String, field: String) {
        #expect(CSV.line([.text(text)]) == field + "\r\n")
    }

    @Test("has no formula behind any mark, however it is read", arguments: [";", ",", "\t"])
    func partedBy(_ mark: Character) {
        for text in [#"x;"=1+1""#, "x\"\"\n=1", "x;\"\"=1", "=1;=2,=3\t=4", "a,;=1", ";\n;@x", "\";=1"] {
            // As a spreadsheet does it that knows quotes at the beginning of a cell only.
            let line = CSV.line([.text("before"), .text(text), .text("after")])
            let cells = line.split { $0 == mark || $0.isNewline }.map { cell in
                cell.drop { $0 == "\"" || $0 == " " }
            }
            // Where a comma parts cells, the quotes around this one keep it together.
            if mark == "," { continue }
            #expect(!cells.contains { "=+-@".contains($0.first ?? "x") }, "\(line)")
        }
    }

    @Test("leaves numbers numbers, also negative ones, and the unknown empty")
    func numbers() {
        #expect(CSV.line([.number(-9_858_221), .number(0), .number(nil), .text(nil)]) == "-9858221,0,,\r\n")
    }
}
