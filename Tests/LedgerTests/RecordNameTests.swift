import KHOINS
import TestSupport
import Testing

@testable import Ledger

@Suite("The name of a record")
struct RecordNameTests {
    @Test(
        "is the id, percent-encoded as RFC 3986 does",
        arguments: [
            ("abc-123", "abc-123.json"),
            ("AZaz09-._~", "AZaz09-._~.json"),
            ("KH 9001", "KH%209001.json"),
            ("a+b", "a%2Bb.json"),
            ("a/b", "a%2Fb.json"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.json"),
            ("..", "%2E..json"),
            (".", "%2E.json"),
            (".hidden", "%2Ehidden.json"),
            ("a.b", "a.b.json"),
            ("a\0b", "a%00b.json"),
            ("a\nb", "a%0Ab.json"),
            ("!'()*", "%21%27%28%29%2A.json"),
            ("%2F", "%252F.json"),
            ("\"\\", "%22%5C.json"),
            ("\u{E9}", "%C3%A9.json"),
            ("e\u{301}", "e%CC%81.json"),
            ("🧾", "%F0%9F%A7%BE.json"),
            ("", ".json"),
        ])
    func encoding(_ trxid: String, _ file: String) {
        #expect(RecordName(trxid: trxid)?.file == file)
        #expect(RecordName(trxid: trxid)?.folder == .transactions)
    }

    @Test("differs for ids that only look the same")
    func normalization() {
        let composed = RecordName(trxid: "caf\u{E9}")
        let decomposed = RecordName(trxid: "cafe\u{301}")
        #expect("caf\u{E9}" == "cafe\u{301}")
        #expect(composed != decomposed)
    }

    @Test(
        "has at most 200 bytes with its extension",
        arguments: [
            (String(repeating: "a", count: 195), 200), (String(repeating: "a", count: 196), nil),
            (String(repeating: "/", count: 65), 200), (String(repeating: "/", count: 66), nil),
            ("." + String(repeating: "a", count: 192), 200), ("." + String(repeating: "a", count: 193), nil),
        ])
    func length(_ trxid: String, _ bytes: Int?) {
        #expect(RecordName(trxid: trxid)?.file.utf8.count == bytes)
    }

    @Test(
        "is made of member and id, or of member, amount and digest, for a top-up",
        arguments: [
            (Callback.test(kind: .topup, trxid: "9", memberid: "goodlink"), "topups/goodlink+9.json"),
            (
                Callback.test(kind: .topup, trxid: nil, memberid: "goodlink", amount: 10_123, digest: "5f3a9c1e"),
                "topups/goodlink+10123+5f3a9c1e.json"
            ),
            (
                Callback.test(kind: .topup, trxid: nil, memberid: "goodlink", digest: "5f3a9c1e"),
                "topups/goodlink++5f3a9c1e.json"
            ),
            (Callback.test(kind: .topup, trxid: "1+2", memberid: "a+b"), "topups/a%2Bb+1%2B2.json"),
            (Callback.test(kind: .topup, trxid: "9", memberid: "../x"), "topups/%2E.%2Fx+9.json"),
            (Callback.test(kind: .transaction, trxid: "9", memberid: "goodlink"), "transactions/9.json"),
        ])
    func topups(_ callback: Callback, _ path: String) {
        #expect(RecordName(callback)?.path == path)
    }

    @Test("counts all parts of a top-up's name against the limit")
    func longTopup() {
        let member = String(repeating: "m", count: 193)
        #expect(RecordName(.test(kind: .topup, trxid: "9", memberid: member)) != nil)
        #expect(RecordName(.test(kind: .topup, trxid: "99", memberid: member)) == nil)
    }

    @Test("never leaves its directory, whatever the id")
    func hostile() {
        var generator = SeededGenerator(seed: 1)
        let pieces = [".", "/", "..", "\0", "%", "\\", "~", "a", "é", "\n", "+"]
        for _ in 0..<2_000 {
            let trxid = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
                pieces.randomElement(using: &generator)
            }.joined()
            guard let name = RecordName(trxid: trxid)?.file else {
                Issue.record("no name for an id of \(trxid.utf8.count) bytes")
                continue
            }
            let plain = name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
            #expect(plain && name != ".json" || trxid.isEmpty, "\(name)")
            #expect(trxid.isEmpty || !name.hasPrefix("."), "\(name)")
        }
    }
}
