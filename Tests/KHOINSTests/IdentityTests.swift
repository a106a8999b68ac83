import Testing

@testable import Formats
@testable import KHOINS

struct IdentityTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var body: String
        var kind: Callback.Kind
        var trxid: String?
        var memberid: String?
        var amount: Int?

        init(_ body: String, _ trxid: String, memberid: String? = nil, amount: Int? = nil) {
            (self.body, self.kind, self.trxid, self.memberid, self.amount) = (
                body, .transaction, trxid, memberid, amount
            )
        }

        init(_ body: String, topup trxid: String?, memberid: String, amount: Int? = nil) {
            (self.body, self.kind, self.trxid, self.memberid, self.amount) = (body, .topup, trxid, memberid, amount)
        }

        var testDescription: String { body }
    }

    @Test(
        "The id and the kind are found in their order",
        arguments: [
            Case(#"{"refid":"A","trxid":"B","message":"{\"trxid\":\"C\",\"message\":\"R#D x\"}"}"#, "A"),
            Case(#"{"trxid":"B","message":"{\"trxid\":\"C\",\"message\":\"R#D x\"}"}"#, "B"),
            Case(#"{"message":"{\"trxid\":\"C\",\"message\":\"R#D x\"}"}"#, "C"),
            Case(#"{"message":"{\"message\":\"R#D x\"}"}"#, "D"),
            Case(#"{"message":"R#abc-123... SUKSES. SN: 12345..."}"#, "abc-123"),
            Case(#"{"message":"R#abc-123>>>Transaksi"}"#, "abc-123"),
            Case(#"{"refid":9007199254740993123,"message":""}"#, "9007199254740993123"),
            Case(#"{"refid":1.50e3}"#, "1500"),
            Case(#"{"refid":" A/.. "}"#, "A/.."),
            Case(#"{"refid":"old","refid":"new"}"#, "new"),
            Case(#"{"refid":"","trxid":"B"}"#, "B"),
            Case(#"{"refid":null,"trxid":"B"}"#, "B"),
            Case(#"{"refid":true,"trxid":"B"}"#, "B"),
            Case(#"{"refid":{},"trxid":["x"],"message":{"trxid":7}}"#, "7"),
            Case(#"{"refid":"A","memberid":"m","amount":"1.000"}"#, "A", memberid: "m", amount: 1000),
            Case(#"{"memberid":"m"}"#, topup: nil, memberid: "m"),
            Case(#"{"memberid":77,"trxid":9}"#, topup: "9", memberid: "77"),
            Case(#"{"memberid":"","message":{"memberid":"in","trxid":"9"}}"#, topup: "9", memberid: "in"),
            Case(#"{"memberid":"m","message":"R#no SUKSES. SN: 1"}"#, topup: nil, memberid: "m"),
            Case(
                #"{"message":"Tiket Member goodlink dengan jumlah 10.123 SUKSES."}"#, topup: nil,
                memberid: "goodlink", amount: 10_123),
            Case(#"{"memberid":"m","amount":"1.00","message":{"amount":7}}"#, topup: nil, memberid: "m", amount: 7),
            Case(#"{"memberid":"m","amount":10.155}"#, topup: nil, memberid: "m"),
            Case(#"{"memberid":"m","amount":-5}"#, topup: nil, memberid: "m", amount: -5),
            Case(#"{"trxid":"B","message":"R#B GAGAL. ket: Member x dengan jumlah 5 SUKSES."}"#, "B"),
        ])
    func findsIdentity(_ expected: Case) throws {
        let callback = try read(expected.body)
        #expect(callback.kind == expected.kind)
        #expect(callback.trxid == expected.trxid)
        #expect(callback.memberid == expected.memberid)
        #expect(callback.amount == expected.amount)
    }

    @Test(
        "What cannot be filed is refused with the reason",
        arguments: [
            ("", .empty), (" \r\n\t", .empty),
            ("refid=1", .notJSON(.init(reason: .unexpectedByte, offset: 0))),
            (#"{"refid":"1""#, .notJSON(.init(reason: .endOfInput, offset: 12))),
            ("[]", .notAnObject), (#""R#1 SUKSES.""#, .notAnObject), ("null", .notAnObject),
            ("{}", .noID), (#"{"refid":"","message":"{}"}"#, .noID), (#"{"message":"R# SUKSES."}"#, .noID),
            (#"{"refid":"\ud800"}"#, .invalidID), (#"{"refid":"a\ufffd","trxid":"b"}"#, .invalidID),
            (#"{"memberid":"\udc00","trxid":"b"}"#, .invalidID), (#"{"memberid":"m","trxid":"\ud800"}"#, .invalidID),
        ] as [(String, Unreadable)])
    func refuses(_ body: String, _ reason: Unreadable) {
        #expect(throws: reason) { try read(body) }
    }

    @Test("Bytes that are not UTF-8 spoil an id, and nothing else")
    func toleratesForeignBytes() throws {
        #expect(throws: Unreadable.invalidID) {
            try CallbackReader.read(Array(#"{"refid":""#.utf8) + [0xFF] + Array(#""}"#.utf8), arrival: .arrival)
        }
        let body = Array(#"{"refid":"1","memberid":""#.utf8) + [0xE9] + Array(#"","message":""}"#.utf8)
        #expect(try CallbackReader.read(body, arrival: .arrival).memberid == "\u{FFFD}")
    }

    @Test("An explanation says where, in words, and never quotes the body")
    func explains() {
        let offset = 17
        let reasons: [Unreadable] = [
            .empty, .notAnObject, .noID, .invalidID, .doubtfulID,
            .notJSON(.init(reason: .unexpectedByte, offset: offset)),
            .notJSON(.init(reason: .endOfInput, offset: offset)), .notJSON(.init(reason: .badEscape, offset: offset)),
            .notJSON(.init(reason: .controlCharacterInString, offset: offset)),
            .notJSON(.init(reason: .tooDeep, offset: offset)), .notJSON(.init(reason: .trailingBytes, offset: offset)),
        ]
        #expect(Set(reasons.map(\.explanation)).count == reasons.count)
        #expect(reasons[5].explanation == "the body is not JSON: unexpected byte at offset 17")
        #expect(reasons[5...].allSatisfy { $0.explanation.contains("17") })
    }
}
