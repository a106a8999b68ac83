import Formats
import Foundation
import Journal
import Ledger
import TestSupport
import Testing

@testable import Gateway
@testable import System

@Suite("The log")
struct EventLogTests {
    private static let delivery = Delivery(body: seedBody, receivedAt: .now, remoteAddress: "182.23.3.230")

    private func line(_ write: (EventLog) -> Void) -> String {
        let file = CapturedLog()
        write(file.log)
        return file.text
    }

    @Test("has one line for an event, with its values in order")
    func stored() {
        let line = line { $0.stored(trxid: "KH-9001", result: .created, Self.delivery) }
        #expect(line.hasPrefix("event=stored trxid=KH-9001 result=created bytes=\(seedBody.count) micros="))
        #expect(line.hasSuffix("\n"))
    }

    @Test("tells every event")
    func events() {
        #expect(
            line { $0.refused(status: 413, reason: "size", address: "::1") }
                == "event=refused status=413 reason=size address=::1\n")
        #expect(line { $0.failed(.lockTimedOut(seconds: 3)) }.hasPrefix(#"event=failed reason="other processes held"#))
        #expect(line { $0.misconfigured("set it") } == "event=misconfigured reason=\"set it\"\n")
        #expect(line { $0.started("unix:/run/x.sock") } == "event=started listening=unix:/run/x.sock\n")
        #expect(line { $0.stopped() } == "event=stopped\n")
        #expect(
            line { $0.rejected(Self.delivery) }
                == "event=rejected reason=\"the body is empty\" address=182.23.3.230 bytes=\(seedBody.count)\n")
    }

    @Test(
        "quotes what is not plain, so that no id can make a line or a value of its own",
        arguments: [
            ("KH-9001", "KH-9001"),
            ("a/b:c.d", "a/b:c.d"),
            ("", #""""#),
            ("a b", #""a b""#),
            ("a\nevent=stored trxid=b", #""a\nevent=stored trxid=b""#),
            ("a\r\n", #""a\r\n""#),
            ("a result=created", #""a result=created""#),
            ("a=b", #""a=b""#),
            (#"a"b"#, #""a\"b""#),
            (#"a" result="b"#, #""a\" result=\"b""#),
            (#"a\ b"#, #""a\\ b""#),
            ("a\u{1B}[2J", #""a\u001b[2J""#),
            ("a\0b", #""a\u0000b""#),
            ("caf\u{E9}", "\"caf\u{E9}\""),
        ])
    func quoting(_ trxid: String, _ quoted: String) {
        let line = line { $0.stored(trxid: trxid, result: .created, Self.delivery) }
        #expect(line.hasPrefix("event=stored trxid=\(quoted) result=created bytes="))
        #expect(line.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(!line.utf8.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
    }

    @Test("lets no control character through to a terminal", arguments: ["\u{7F}", "\u{85}", "\u{9B}31m", "\u{2028}"])
    func controls(_ text: String) {
        let line = line { $0.stored(trxid: "a\(text)b", result: .created, Self.delivery) }
        #expect(!line.unicodeScalars.dropLast().contains { $0.properties.generalCategory == .control })
        #expect(line.split(whereSeparator: \.isNewline).count == 1)
    }

    @Test("says nothing of a body, and quotes no address that is none")
    func privacy() {
        let forged = Delivery(body: seedBody, receivedAt: .now, remoteAddress: "::1\nevent=stored")
        for line in [
            line { $0.stored(trxid: "abc-123", result: .created, forged) }, line { $0.rejected(forged) },
        ] {
            for secret in ["12345", "SUKSES", "Success", "refid"] { #expect(!line.contains(secret)) }
            #expect(line.split(separator: "\n").count == 1)
        }
    }

    @Test("goes to a file of the operator's as well, each line behind its time, and to a new one when that is full")
    func ownFile() throws {
        try withDirectory { directory in
            let path = "\(directory)/own.log"
            var log = EventLog(writingTo: -1)
            log.keep(inFile: path)
            log.misconfigured("set it")
            log.stored(trxid: "KH-9001", result: .created, Self.delivery)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            try #require(lines.count == 2)
            #expect(lines[0].wholeMatch(of: #/\d{4}-\d\d-\d\dT[0-9:.]+Z event=misconfigured reason="set it"/#) != nil)
            #expect(lines[1].contains("Z event=stored trxid=KH-9001 result=created "))
            for _ in 0..<2 {
                // It has 1 MiB.
                try String(repeating: "x\n", count: 1 << 19).write(toFile: path, atomically: false, encoding: .utf8)
                log.stopped()
                #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("Z event=stopped\n"))
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["own.log", "own.log.1"])
            }
        }
    }

    @Test(
        "waits for no reader of the operator's file, and follows no link from it",
        arguments: ["pipe", "link", "nowhere/x"])
    func noFile(_ name: String) throws {
        try withDirectory { directory in
            mkfifo("\(directory)/pipe", 0o600)
            symlink("\(directory)/target", "\(directory)/link")
            let captured = CapturedLog()
            var log = captured.log
            log.keep(inFile: "\(directory)/\(name)")
            log.stopped()
            #expect(captured.text == "event=stopped\n")
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/target"))
        }
    }

    @Test("goes on though it cannot be written")
    func closed() {
        EventLog(writingTo: -1).stopped()
    }
}
