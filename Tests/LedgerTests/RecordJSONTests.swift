import KHOINS
import TestSupport
import Testing

@testable import Ledger

@Suite("A record's file")
struct RecordJSONTests {
    static var full: Record {
        let callback = Callback(
            kind: .transaction, trxid: "KH-9001", status: .success, providerStatus: "SUKSES",
            serialNumber: "1234-5678/NAMA 🧾", product: "TH10", destination: "0812000111", price: 10_155, reason: "ket",
            memberid: "goodlink", amount: 0, balance: -9_858_221, providerTime: "2026-03-24T20:38:08+07:00",
            text: "R#KH-9001 \"quoted\"\n", damaged: true, messageDigest: "5f3a9c1e")
        let delivery = Record.RecordedDelivery(
            receivedAt: .test(), remoteAddress: "182.23.3.230", status: .success, count: 2, lastReceivedAt: .test(1),
            journal: .test(100), lastJournal: .test(300), body: Array(#"{"refid":"KH-9001"}"#.utf8))
        var other = delivery
        other.count = 1
        other.status = .unknown
        other.journal = .test(200)
        other.lastJournal = .test(200)
        other.body = [0xFF, 0xFE]
        return Record(
            callback: callback, reversed: true, unclear: true, receivedAt: .test(),
            expected: .init(at: .test(-1), journal: .test(1)), deliveries: [delivery, other], omittedDeliveries: 7,
            omittedDigests: [1, .max],
            omittedRepeats: .init(count: 3, lastReceivedAt: .test(2), lastJournal: .test(400)))
    }

    @Test("has its keys in the contract's order")
    func fullText() {
        #expect(
            String(decoding: Self.full.json, as: UTF8.self) == #"""
                {
                  "trxid": "KH-9001",
                  "status": "Success",
                  "kind": "transaction",
                  "serialNumber": "1234-5678/NAMA 🧾",
                  "product": "TH10",
                  "destination": "0812000111",
                  "price": 10155,
                  "reason": "ket",
                  "memberid": "goodlink",
                  "amount": 0,
                  "balance": -9858221,
                  "providerStatus": "SUKSES",
                  "providerTime": "2026-03-24T20:38:08+07:00",
                  "text": "R#KH-9001 \"quoted\"\n",
                  "damaged": true,
                  "reversed": true,
                  "unclear": true,
                  "receivedAt": "2026-11-22T08:18:33.123Z",
                  "expected": { "at": "2026-11-22T08:18:32.123Z", "journal": 1 },
                  "deliveries": [
                    { "receivedAt": "2026-11-22T08:18:33.123Z", "remoteAddress": "182.23.3.230", "status": "Success", "count": 2, "lastReceivedAt": "2026-11-22T08:18:34.123Z", "journal": 100, "lastJournal": 300, "body": "{\"refid\":\"KH-9001\"}" },
                    { "receivedAt": "2026-11-22T08:18:33.123Z", "remoteAddress": "182.23.3.230", "status": "Unknown", "count": 1, "lastReceivedAt": "2026-11-22T08:18:34.123Z", "journal": 200, "bodyBase64": "//4=" }
                  ],
                  "omittedDeliveries": 7,
                  "omittedDigests": "AAAAAAAAAAH//////////w==",
                  "omittedRepeats": { "count": 3, "lastReceivedAt": "2026-11-22T08:18:35.123Z", "lastJournal": 400 },
                  "schema": 2
                }

                """#)
    }

    @Test("leaves out what is not known")
    func sparseText() {
        let record = Record(callback: .test(.pending), receivedAt: .test())
        #expect(
            String(decoding: record.json, as: UTF8.self) == #"""
                {
                  "trxid": "abc-123",
                  "status": "Pending",
                  "kind": "transaction",
                  "receivedAt": "2026-11-22T08:18:33.123Z",
                  "deliveries": [],
                  "schema": 2
                }

                """#)
        let topup = Record(callback: .test(kind: .topup, trxid: nil, memberid: "goodlink"), receivedAt: .test())
        #expect(
            String(decoding: topup.json, as: UTF8.self).hasPrefix(
                "{\n  \"status\": \"Success\",\n  \"kind\": \"topup\""))
    }

    @Test("gives the same bytes however often it is read and written")
    func roundTrip() throws {
        let sparse = Record(callback: .test(kind: .topup, trxid: nil, memberid: "m", amount: 1), receivedAt: .test())
        for record in [Self.full, sparse] {
            let again = try #require(Record(json: record.json))
            #expect(again.json == record.json)
            #expect(again.json == record.json)
            #expect(again.deliveries.map(\.body) == record.deliveries.map(\.body))
            #expect(again.appliedUpTo == record.appliedUpTo)
        }
    }

    @Test(
        "keeps any body, byte for byte",
        arguments: [
            [], Array("\0".utf8), Array("\u{FEFF}{}".utf8), Array("e\u{301} \u{E9} 🧾 \u{2028}".utf8), [0xC3, 0x28],
            [0xED, 0xA0, 0x80], [0x80], [0xF4, 0x90, 0x80, 0x80], Array(#"\u0000 \\ " </script>"#.utf8), Array(0...255),
        ] as [[UInt8]])
    func bodies(_ body: [UInt8]) throws {
        let folded = Record.applying(.test(body: body), interpretation: .test(), at: .test(1), to: nil)
        let again = try #require(Record(json: folded.record.json))
        #expect(again.deliveries.map(\.body) == [body])
        #expect(again.json == folded.record.json)
    }

    @Test("is not read if it is cut off anywhere")
    func truncation() {
        let bytes = Self.full.json
        // Without its last new line it is whole JSON; that it is not what would be written shows by comparison.
        for count in 0..<(bytes.count - 1) { #expect(Record(json: Array(bytes.prefix(count))) == nil) }
    }

    @Test(
        "is not read if it is no record",
        arguments: [
            "", "{}", "[]", "null", #"{"schema": 2}"#, #"{"schema": 1, "trxid": "a"}"#,
            #"{"status": "Success", "kind": "transaction", "receivedAt": "2026-11-22T08:18:33.123Z", "deliveries": []}"#,
            #"{"status": "Sukses", "kind": "transaction", "receivedAt": "2026-11-22T08:18:33.123Z", "deliveries": [], "schema": 2}"#,
            #"{"status": "Success", "kind": "transaction", "receivedAt": "now", "deliveries": [], "schema": 2}"#,
            #"{"status": "Success", "kind": "transaction", "receivedAt": "2026-11-22T08:18:33.123Z", "deliveries": [1], "schema": 2}"#,
        ])
    func refused(_ text: String) {
        #expect(Record(json: Array(text.utf8)) == nil)
    }

    @Test(
        "is not read with digests that are none",
        arguments: ["", "AAAA", "!", "AAAAAAAAAAE", String(repeating: "A", count: 10_936)])
    func refusedDigests(_ digests: String) {
        let text = String(decoding: Self.full.json, as: UTF8.self)
        let edited = text.replacing(#""AAAAAAAAAAH//////////w==""#, with: "\"\(digests)\"")
        #expect(edited != text && Record(json: Array(edited.utf8)) == nil)
    }
}
