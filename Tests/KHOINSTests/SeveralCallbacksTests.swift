import KHOINS
import Testing

/// Two callbacks, or parts of them, that came as one body: nothing of one may become the other's.
struct SeveralCallbacksTests {
    /// - Parameter text: What stands behind `R#<id> Transaksi A ke 08`.
    static func callback(_ status: String, _ text: String, id: String = "KH-1") -> String {
        let report =
            #"{"tujuan":"08","trxid":"\#(id)","status":"\#(status)","message":"R#\#(id) Transaksi A ke 08 \#(text)"}"#
        return #"{"refid":"\#(id)","message":"\#(report.replacing("\"", with: "\\\""))"}"#
    }

    private static func body(_ message: String) -> String {
        String(decoding: Shape.body(outer: #""refid":"KH-1""#, message: message), as: UTF8.self)
    }

    static let success = callback("Success", "SUKSES. SN: 1234-5678. Saldo: 1.000#@24/11 20:38:08")
    static let failed = callback("Gagal", "GAGAL. ket: Nomor salah")
    static let pending = callback("Pending", "akan diproses")

    @Test(
        "Of two callbacks of one id in one body neither counts",
        arguments: [(success, failed), (failed, success), (pending, success), (success, pending), (failed, pending)],
        ["", "\n", ",", "\r\n\r\n", "\0", " , "])
    func differ(_ bodies: (String, String), _ between: String) throws {
        let callback = try read(bodies.0 + between + bodies.1)
        #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .unknown, true))
        #expect((callback.serialNumber, callback.reason, callback.balance, callback.text) == (nil, nil, nil, nil))
    }

    @Test(
        "Nor where one of them is cut off",
        arguments: [
            "\(failed.dropLast(12))\(success)", "\(failed.dropLast(30))\n\(success)",
            "\(success.dropLast(30))\(failed)",
            "\(success)\(failed.dropLast(20))", "\(failed)\(success.prefix(60))",
        ])
    func cut(_ body: String) throws {
        let callback = try read(body)
        #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .unknown, true))
        #expect((callback.serialNumber, callback.reason) == (nil, nil))
    }

    @Test(
        "Two ids in one body are none",
        arguments: [
            "\(success)\(callback("Gagal", "GAGAL. ket: x", id: "KH-2"))", #"{"refid":"KH-2"}\#(success)"#,
            #"{"refid":"KH-2"} \#(success)"#, #"\#(success){"refid":"KH-2"}"#, #"{"trxid":"KH-2"}\#(success)"#,
            #"{"memberid":"m","message":"x"}{"memberid":"m","message":"y"}"#,
        ])
    func differentIDs(_ body: String) {
        #expect(throws: Unreadable.self) { try read(body) }
    }

    @Test(
        "Of two reports in one message neither counts",
        arguments: [
            #"{"status":"Success","message":"x"}{"status":"Gagal","message":"y"}"#,
            #"{"status":"Gagal","message":"R#KH-1 GAGAL. ket: a"} {"status":"Success","message":"R#KH-1 SUKSES. SN: 1"}"#,
        ])
    func reports(_ message: String) throws {
        let callback = try read(Self.body(message))
        #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .unknown, true))
        #expect((callback.serialNumber, callback.reason) == (nil, nil))
    }

    @Test(
        "A damaged report whose text has another word than its status is unknown",
        arguments: [
            #"{"tujuan":"08","trxid":"KH-1,"status":"Gagal","message":"R#KH-1 Transaksi A ke 08 SUKSES. SN: 01. Saldo: 1#@24/11 20:38:08"}"#,
            #"{"tujuan":"08","trxid":"KH-1","status":"Success","message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: x","#,
            #"{"tujuan":"08","trxid":"KH-1","status":"Success","message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: x",}"#,
        ])
    func textDiffers(_ message: String) throws {
        let callback = try read(Self.body(message))
        #expect((callback.status, callback.damaged) == (.unknown, true))
    }

    @Test(
        "What lost its first bytes is read as far as it is there, and the end of what it stood in is no part of it",
        arguments: [
            String(success.dropFirst(1)), String(success.dropFirst(2)), String(success.dropFirst(18)),
            #"ssage":"{\"trxid\":\"KH-1\",\"status\":\"Success\",\"message\":\"R#KH-1 Transaksi A ke 08 SUKSES. SN: 1234-5678\"}"}"#,
        ])
    func beginningLost(_ body: String) throws {
        let callback = try read(body)
        #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .success, true))
        #expect(callback.serialNumber == "1234-5678")
    }

    @Test(
        "A text does not take in the end of the JSON that it stood in",
        arguments: [
            (#"OK:{"status":"Success","message":"R#KH-1 Transaksi A ke 08 SUKSES. SN: 1234-5678"}"#, "1234-5678"),
            (#"[{"status":"Success","message":"R#KH-1 Transaksi A ke 08 SUKSES. SN: 1234-5678"}]"#, "1234-5678"),
            (#"OK:{"message":"R#KH-1 SUKSES. SN: 12. Saldo: 1.000#@24/11 20:38:08"}"#, "12"),
        ])
    func endOfJSON(_ message: String, _ serialNumber: String) throws {
        let callback = try read(Self.body(message))
        #expect(callback.serialNumber == serialNumber)
        #expect(callback.damaged)
    }

    @Test("What a reason quotes keeps its end")
    func quotedAnswer() throws {
        let report =
            #"{"status":"Gagal","message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: {\"rc\":\"14\",\"msg\":\"x\"}"}"#
        let callback = try read(Self.body(report))
        #expect(callback.reason == #"{"rc":"14","msg":"x"}"#)
    }

    @Test("NULs between members are white space")
    func nulBetweenMembers() throws {
        let callback = try read(Self.failed.replacing(#","message""#, with: ",\0\"message\"", maxReplacements: 1))
        #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .failed, true))
    }

    @Test("An amount may be a whole number in any spelling", arguments: ["10000", "10000.0", "1e4", "1.0E+4"])
    func amount(_ number: String) throws {
        let callback = try read(#"{"memberid":"m","amount":\#(number),"message":"{\"status\":\"Success\"}"}"#)
        #expect(callback.amount == 10_000)
    }

    @Test("What ends a part of a sentence is no part of an id", arguments: [",", ":", ";"])
    func punctuation(_ mark: String) throws {
        let callback = try read(#"{"message":"R#KH-1\#(mark) Transaksi A ke 08 SUKSES. SN: 1"}"#)
        #expect(callback.trxid == "KH-1")
    }
}
