import Formats
import Gateway
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

@testable import Operations
@testable import khoins_callback

@Suite("A line of a log of bodies")
struct LoggedLineTests {
    private let now = Timestamp(CivilTime(year: 2026, month: 11, day: 23))

    private func body(_ line: [UInt8]) -> [UInt8]? {
        if case .logged(let delivery) = LoggedLine(line, now: now) { delivery.body } else { nil }
    }

    private func nginx(_ escaped: [UInt8]) -> [UInt8] {
        Array(#"{"time":"2026-11-22T15:00:00+07:00","remote_addr":"::1","status":502,"body":""#.utf8) + escaped
            + Array(#""}"#.utf8)
    }

    /// As ngx_escape_json does it.
    private func escaped(_ body: [UInt8]) -> [UInt8] {
        body.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
            case 0x0A: Array("\\n".utf8)
            case 0x0D: Array("\\r".utf8)
            case 0x09: Array("\\t".utf8)
            case 0x08: Array("\\b".utf8)
            case 0x0C: Array("\\f".utf8)
            case ..<0x20: Array("\\u00\(byte < 16 ? "0" : "1")\(String(byte & 15, radix: 16))".utf8)
            default: [byte]
            }
        }
    }

    @Test("gives the body's very bytes, whatever they are")
    func everyByte() {
        let utf8 = Array("{\"refid\":\"\\ud83d é 😀\"}\u{1}\u{7F}\n\r\t".utf8)
        for bytes in [utf8, Array(0...255), Array((0...255).reversed()), [0xFF], [0xC3], Array("\\x41".utf8)] {
            #expect(body(nginx(escaped(bytes))) == bytes)
        }
    }

    @Test("is read also where nginx escaped it in its default way")
    func defaultEscaping() {
        let escaped = #"{\x22refid\x22:\x22KH-1\x22,\x22a\x22:\x22\x5C\x0A\xC3\xA9\xFF\x22}"#
        let bytes = Array(#"{"refid":"KH-1","a":""#.utf8) + [0x5C, 0x0A, 0xC3, 0xA9, 0xFF] + Array(#""}"#.utf8)
        #expect(body(nginx(Array(escaped.utf8))) == bytes)
    }

    @Test(
        "counts only where nobody answered",
        arguments: [
            (200, false), (400, false), (403, false), (413, false), (499, true), (500, true), (502, true), (503, true),
            (504, true),
        ])
    func status(code: Int, counts: Bool) {
        let line = #"{"time":"2026-11-22T15:00:00Z","remote_addr":"::1","status":"\#(code)","body":"x"}"#
        #expect((LoggedLine(Array(line.utf8), now: now) == .answered) == !counts)
    }

    @Test("without status or address is taken all the same")
    func little() {
        let line = #"{"time":"2026-11-23T00:00:00Z","body":"x"}"#
        let delivery = Delivery(body: Array("x".utf8), receivedAt: now, remoteAddress: "")
        #expect(LoggedLine(Array(line.utf8), now: now) == .logged(delivery))
    }

    @Test("is a raw body where it is nothing else")
    func raw() {
        for text in [
            #"{"refid":"1","message":"x"}"#, #"{"refid":"1","body":"x"}"#, "{", "x", #"{"time":"a","body":1}"#,
        ] {
            let delivery = Delivery(body: Array(text.utf8), receivedAt: now, remoteAddress: "")
            #expect(LoggedLine(Array(text.utf8), now: now) == .raw(delivery))
        }
        #expect(LoggedLine(Array(" \r".utf8), now: now) == .blank)
    }

    @Test("without a body is unusable", arguments: ["", "-"])
    func noBody(body: String) {
        #expect(LoggedLine(nginx(Array(body.utf8)), now: now) == .unusable("the web server logged no body"))
    }

    @Test(
        "is of a time from 2000 to the end of tomorrow",
        arguments: [
            ("2000-01-01T00:00:00Z", true), ("1999-12-31T23:59:59Z", false), ("1970-01-01T07:00:00+07:00", false),
            ("2026-11-24T23:59:59Z", true), ("2026-11-25T06:59:59+07:00", true), ("2026-11-25T00:00:00Z", false),
            ("2099-01-01T00:00:00Z", false), ("9999-12-31T23:59:59-07:00", false), ("0000-01-01T00:00:00+07:00", false),
        ])
    func time(_ time: String, isTaken: Bool) {
        let line = LoggedLine(Array(#"{"time":"\#(time)","remote_addr":"::1","body":"x"}"#.utf8), now: now)
        if case .logged = line {
            #expect(isTaken)
        } else {
            #expect(!isTaken && line == .unusable("its time is not between the year 2000 and tomorrow"))
        }
    }

    @Test("loses no body to a byte order mark")
    func byteOrderMark() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(body(mark + nginx(Array("x".utf8))) == Array("x".utf8))
        let raw = Delivery(body: Array("{}".utf8), receivedAt: now, remoteAddress: "")
        #expect(LoggedLine(mark + Array("{}\r".utf8), now: now) == .raw(raw))
        #expect(body(mark + mark + nginx(Array("x".utf8))) == Array("x".utf8))
        #expect(LoggedLine(mark, now: now) == .blank)
    }

    @Test(
        "can be asked for by its address",
        arguments: [
            ("182.23.3.230", true), ("182.23.3.0", true), ("::ffff:182.23.3.230", true), ("2001:db8::9", true),
            ("182.23.4.230", false), ("::1", false), ("", false), ("unix:", false),
        ])
    func address(_ address: String, isTaken: Bool) {
        let ranges = ["182.23.3.0/24", "2001:db8::/32"].compactMap { AddressRange($0) }
        for rest in [#""body":"x""#, #""status":200,"body":"x""#, #""body":"-""#] {
            let text = #"{"time":"2026-11-22T15:00:00Z","remote_addr":"\#(address)",\#(rest)}"#
            let line = LoggedLine(Array(text.utf8), now: now, from: ranges)
            #expect((line != .elsewhere) == isTaken, "\(rest)")
        }
        let raw = LoggedLine(Array("{}".utf8), now: now, from: ranges)
        #expect(raw == .unusable("it does not say which address it came from (--from)"))
    }

    @Test(
        "is no body where this program has written it, or a web server in its usual way",
        arguments: [
            #"{"trxid":"KH-1","status":"Success","kind":"transaction","deliveries":[],"schema":1}"#,
            #"{"crc":"1a2b3c4d","file":"transactions/a.json","trxid":"a","status":"Success"}"#,
            #"{"crc":"1a2b3c4d","at":"2026-11-22T08:18:33.123456Z","from":"","body":"{}"}"#,
            #"{"position":1,"trxid":"KH-1","record":{"trxid":"KH-1","deliveries":[]}}"#,
            #"182.23.3.230 - - [22/Nov/2026:15:00:00 +0700] "POST /x HTTP/1.1" 502 157 "{\x22refid\x22:\x221\x22}""#,
            #"2001:db8::1 - - [22/Nov/2026:15:00:00 +0700] "POST /x HTTP/1.1" 502 157 "-" "{"refid":"1"}""#,
        ])
    func ownLines(_ text: String) {
        guard case .unusable(let reason) = LoggedLine(Array(text.utf8), now: now) else {
            Issue.record("taken")
            return
        }
        #expect(reason.hasPrefix("it is a "))
    }

    @Test("can be of any length, and one too long is passed over")
    func source() throws {
        let scratch = try Scratch(.plain)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: LineSource.maximumLength)
        let longest = Array(long.dropLast())
        let path = try scratch.write(
            Array("a\n\n".utf8) + longest + [0x0A] + long + [0x0A] + Array("end".utf8), to: "lines")
        var source = try LineSource(path: path)
        var lines: [[UInt8]?] = []
        while let line = try source.next() {
            if case .whole(let bytes) = line { lines.append(bytes) } else { lines.append(nil) }
        }
        #expect(lines == [Array("a".utf8), [], longest, nil, Array("end".utf8)])
        #expect(source.consumed == source.size)
    }
}
