import KHOINS
import Testing

@testable import Formats
@testable import Journal
@testable import Operations

@Suite("What curl says, and what it is told")
struct ForwardPartsTests {
    private func answers(_ text: String, inPiecesOf length: Int) -> [CurlAnswers.Answer] {
        var reader = CurlAnswers(mark: "MARK")
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: length).flatMap { start in
            reader.take(bytes[start..<min(start + length, bytes.count)])
        }
    }

    @Test("is read in pieces of any length", arguments: [1, 2, 7, 1_000])
    func pieces(length: Int) {
        let long = "X-Long: \(String(repeating: "x", count: 20_000))"
        let text = """
            HTTP/1.1 503 Service Unavailable\r
            retry-AFTER:  120 \r
            Date: Sun, 06 Nov 1994 08:49:37 GMT\r
            \(long)\r
            MARKE 4 200 0\r
            \r
            MARK 7 503 0
            curl: (7) Failed to connect
            MARK 8 000 7
            HTTP/1.1 100 Continue\r
            Retry-After: 9\r
            \r
            HTTP/1.1 200 OK\r
            \r
            MARK 9 200

            """
        #expect(
            answers(text, inPiecesOf: length) == [
                .init(
                    position: Position(7), status: 503, code: 0, retryAfter: "120",
                    date: "Sun, 06 Nov 1994 08:49:37 GMT"),
                .init(position: Position(8), status: 0, code: 7, error: "curl: (7) Failed to connect"),
                .init(position: Position(9), status: 200),
            ])
    }

    @Test(
        "reads Retry-After as seconds or as a date",
        arguments: [
            ("0", nil, 1_000), ("1", nil, 1_000), ("120", nil, 120_000), ("999999999999999999999", nil, nil),
            ("999999999999999", nil, 86_400_000), ("-1", nil, nil), ("soon", nil, nil), ("", nil, nil),
            ("Sun, 06 Nov 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 60_000),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT", 1_000),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil, nil), ("Sun, 06 Nov 1994 25:49:37 GMT", nil, nil),
            ("Sun Nov  6 08:49:37 1994", nil, nil),
        ] as [(String, String?, Int64?)])
    func retryAfter(text: String, date: String?, wanted: Int64?) {
        #expect(RetryAfter.milliseconds(text, date: date, now: .now) == wanted)
    }

    @Test("counts a date from now, where the answer says no time of its own")
    func now() {
        let now = Timestamp(CivilTime(year: 1994, month: 11, day: 6, hour: 8, minute: 49, second: 30))
        #expect(RetryAfter.milliseconds("Sun, 06 Nov 1994 08:49:37 GMT", date: nil, now: now) == 7_000)
    }

    @Test("is given bytes as they are between the quotes of a line")
    func quoted() {
        #expect(
            ForwardRequest.quoted(Array("a\"b\\c\nd\re\tf\u{1}é".utf8)) == Array(#"a\"b\\c\nd\re\tf"#.utf8)
                + Array("\u{1}é".utf8))
    }

    @Test("has its notices limited by cause")
    func notices() {
        var limit = NoticeLimit(burst: 2)
        #expect((0..<5).map { limit.admit("a", now: Int64($0)) } == [0, 0, nil, nil, nil])
        #expect(limit.admit("b", now: 5) == 0)
        #expect(limit.admit("a", now: 59_999) == nil)
        #expect(limit.admit("a", now: 60_000) == 4)
        #expect(limit.admit("a", now: 60_001) == 0)
    }

    @Test("takes the last line of a command's output that says something")
    func lastLine() {
        #expect(ExecTeller.lastLine(of: Array("a\nPHP Fatal: b\n\n  \n".utf8)) == "PHP Fatal: b")
        #expect(ExecTeller.lastLine(of: [0x1B, 0x5B, 0x41, 0xFF]) == "\\u{1b}[A\u{FFFD}")
        #expect(ExecTeller.lastLine(of: []) == "")
    }
}
