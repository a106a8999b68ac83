import Testing

@testable import Operations

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

    @Test("leaves numbers numbers, also negative ones, and the unknown empty")
    func numbers() {
        #expect(CSV.line([.number(-9_858_221), .number(0), .number(nil), .text(nil)]) == "-9858221,0,,\r\n")
    }
}
