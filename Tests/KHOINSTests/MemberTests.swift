import Formats
import KHOINS
import Testing

/// Which of several members, words and ids counts.
struct MemberTests {
    @Test(
        "The report's status decides, else the envelope's, else the text's",
        arguments: [
            (#""status":"Gagal","message":"{\"status\":\"Refund\",\"message\":\"R#1 SUKSES. SN: 5\"}""#, .refunded),
            (#""status":"Gagal","message":"{\"message\":\"R#1 SUKSES. SN: 5\"}""#, .failed),
            (#""STATUS":"Gagal","message":"R#1 SUKSES. SN: 5""#, .failed),
            (#""Status":"Pending","message":"{\"Status\":\"\",\"message\":\"x\"}""#, .pending),
            (#""status":null,"message":"{\"message\":\"R#1 SUKSES. SN: 5\"}""#, .success),
            (#""status":"Diterima","message":"{\"message\":\"R#1 SUKSES. SN: 5\"}""#, .unknown),
        ] as [(String, Status)])
    func statusOrder(_ members: String, _ status: Status) throws {
        #expect(try read(#"{"refid":"1",\#(members)}"#).status == status)
    }

    @Test(
        "Of two words that disagree none counts, and a damaged report is unknown",
        arguments: [
            (#"{"status":"Gagal","status":"Success","message":"x"}"#, .unknown),
            (#"{"status":"Gagal","STATUS":"Success","message":"x"}"#, .unknown),
            (#"{"Status":"Gagal","status":"Refund","message":"R#1 Transaksi A ke 08 PENDING. ket: x"}"#, .pending),
            (#"{"status":"Gagal","status":"FAILED","message":"x"}"#, .failed),
            (#"{"status":"Success","STATUS":"","Status":null,"message":"x"}"#, .success),
            // A destination with quotes in it.
            (
                #"{"tujuan":"08","status":"Gagal","trxid":"1,"status":"Success","message":"R#1 SUKSES. SN: 5"}"#,
                .unknown
            ),
            (#"{"status":"Success","trxid":"1,"status":"Gagal","message":"R#1 SUKSES. SN: 5"}"#, .unknown),
            (#"{"status":"Gagal","trxid":"1,"message":"x","status":"Success"}"#, .unknown),
            (
                #"{"trxid":"1,"status":"Gagal","message":"R#1 Transaksi "A ke 08 SUKSES. SN: 5","status":"Success"}"#,
                .unknown
            ),
            (#"{"trxid":"1,"status":"Gagal","status":"Failed","message":"x"}"#, .failed),
            ("{\"status\":\"Gagal\",\"status\":\"Success\",\"message\":\"R#1 SUKSES. SN: 5\n\"}", .unknown),
        ] as [(String, Status)])
    func twoWords(_ report: String, _ status: Status) throws {
        let body = Shape.body(outer: #""refid":"1""#, message: report)
        #expect(try CallbackReader.read(body, arrival: .arrival).status == status)
    }

    static let answer = #"{"rc":"14","status":"Success","trxid":"OP-9","msg":"x"}"#

    @Test(
        "What a text quotes belongs to the text",
        arguments: [
            (#"{"trxid":"1","status":"Gagal","message":"R#1 GAGAL. ket: \#(answer)"}"#, .failed),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: \#(answer)","status":"Gagal"}"#, .failed),
            (#"{"message":"R#1 x \#(answer)","trxid":"1","status":"Refund"}"#, .refunded),
            (#"{"message":"R#1 GAGAL. ket: \#(answer)","trxid":"1"}"#, .unknown),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: \#(answer.replacing("Success", with: "Failed"))"}"#, .failed),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: "rc":"14","status":"Success","msg":"x"}"#, .unknown),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: {"data":\#(answer)}"}"#, .unknown),
            (#"{"trxid":"1","resp":\#(answer),"message":"R#1 Transaksi "A ke 08 GAGAL. ket: x"}"#, .failed),
            (#"{"trxid":"1","message":"R#1 Transaksi "A ke 08 GAGAL. ket: x","resp":\#(answer)}"#, .unknown),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: \#(answer)","#, .unknown),
            (#"{"trxid":"1","message":"R#1 GAGAL. ket: \#(answer)"#, .unknown),
        ] as [(String, Status)])
    func quotedAnswers(_ report: String, _ status: Status) throws {
        for outer in [#""refid":"1""#, ""] {
            let callback = try CallbackReader.read(Shape.body(outer: outer, message: report), arrival: .arrival)
            #expect((callback.trxid, callback.status, callback.damaged) == ("1", status, true))
        }
    }

    @Test(
        "A brace in a value makes no member of what the text quotes",
        arguments: [
            #"{"tujuan":"08}12","status":"Gagal","message":"R#1 Transaksi "A ke 08 GAGAL. ket: \#(answer)"}"#,
            #"{"tu}juan":"0812","status":"Gagal","message":"R#1 Transaksi "A ke 08 GAGAL. ket: \#(answer)"}"#,
            #"{"tujuan":} "0812","message":"R#1 Transaksi "A ke 08 PENDING. ket: \#(answer)"}"#,
            #"{"tujuan":"0812", }"message":"R#1 Transaksi "A ke 08 EXPIRED. ket: {'status':'batal','trxid':'9'}"}"#,
            #"{"tujuan":"0812"{,"status":"Expired","message":"R#1 Transaksi "A ke 08 EXPIRED. ket: "},"status":"Batal"}"#,
            #"{\message": "R#1 Transaksi "A ke 08 REFUND. ket: "},"status":"Success","refid":"9""}"#,
            #"{"trxid":"1,"message":"R#1 Transak A ke 08 REFUND. ket: ","status":"SUKSES","trxid":"9"}"#,
            #"{"trxid":"1,"STATUS\","message":"R#1 Transaksi A ke 08 PENDING. ket: ","status":"reversed","trxid":"9"}"#,
        ])
    func strayBraces(_ report: String) throws {
        let callback = try CallbackReader.read(
            Shape.body(outer: #""refid":"1""#, message: report), arrival: .arrival)
        #expect((callback.trxid, callback.status, callback.damaged) == ("1", .unknown, true))
    }

    @Test(
        "Of a report that names two ids, a part of the text has become members: none of them counts alone",
        arguments: [
            (#"{"trxid":"1","message":"R#1 Transaksi A ke 08 GAGAL. ket: ","status":"Success","trxid":"9"}"#, .unknown),
            (#"{"TrxId":"1","message":"R#1 Transaksi A ke 08 GAGAL. ket: ","status":"Success","trxid":"9"}"#, .unknown),
            (#"{"message":"R#1 Transaksi A ke 08 GAGAL. ket: ","status":"Sukses","trxid":"9","trxid":"1"}"#, .unknown),
            (#"{"trxid":"1","message":"R#1 Transaksi A ke 08 GAGAL. ket: ","status":"Failed","trxid":"9"}"#, .failed),
            (#"{"trxid":"1","status":"Gagal","message":"R#1 Transaksi A ke 08 GAGAL","trxid":"1"}"#, .failed),
            (#"{"trxid":"1","message":"R#1 Transak","status":"Success","trxid":"9"}"#, .unknown),
        ] as [(String, Status)])
    func twoIDs(_ report: String, _ status: Status) throws {
        for outer in [#""refid":"1""#, ""] {
            let callback = try CallbackReader.read(Shape.body(outer: outer, message: report), arrival: .arrival)
            #expect((callback.trxid, callback.status) == ("1", status))
        }
    }

    @Test(
        "A placeholder is no status word, and the text's own decides",
        arguments: ["-", " 0 ", "null", "Kosong", "\t"])
    func placeholderStatus(_ word: String) throws {
        let callback = try readText("R#1 Transaksi A ke 08 GAGAL. ket: x", status: word)
        #expect((callback.status, callback.providerStatus, callback.damaged) == (.failed, "GAGAL", false))
    }

    @Test("Of two words that nobody knows the last is kept, and a known one beside it is no more than that")
    func unknownWords() throws {
        let unknown = try read(#"{"refid":"1","message":{"status":"A","status":"B","message":"x"}}"#)
        #expect((unknown.status, unknown.providerStatus, unknown.damaged) == (.unknown, "B", false))
        let mixed = try read(#"{"refid":"1","message":{"status":"A","status":"Success","message":"x"}}"#)
        #expect((mixed.status, mixed.providerStatus, mixed.damaged) == (.unknown, nil, true))
    }

    @Test("An answer that is escaped as it should be leaves the text's word alone")
    func escapedAnswer() throws {
        let callback = try readText("R#1 Transaksi A ke 08 GAGAL. ket: \(Self.answer)")
        #expect((callback.status, callback.reason, callback.damaged) == (.failed, Self.answer, false))
    }

    @Test(
        "Ids of a damaged report that disagree are no id",
        arguments: [
            #"{"trxid":"1,"message":"R#2 GAGAL. ket: x"}"#,
            #"{"trxid":"1","status":"Gagal,"message":"R#2 GAGAL. ket: x"}"#,
            #"{"message":"R#2 Transaksi "A ke 08 GAGAL. ket: x","trxid":"1","status":"Gagal"}"#,
            #"{"trxid":"1","x":"y,"trxid":"2","message":"R#2 GAGAL. ket: x"}"#,
        ])
    func doubtfulIDs(_ report: String) throws {
        let body = Shape.body(outer: "", message: report)
        #expect(throws: Unreadable.doubtfulID) { try CallbackReader.read(body, arrival: .arrival) }
        let known = Shape.body(outer: #""refid":"KH-9""#, message: report)
        #expect(try CallbackReader.read(known, arrival: .arrival).trxid == "KH-9")
    }

    @Test(
        "White space around an id is no part of it, a number is its digits, a string stays",
        arguments: [
            (#"" KH-1\r\n""#, "KH-1"), (#""\tKH 1\u000b""#, "KH 1"), ("1732453000123.0", "1732453000123"),
            ("1.7E+12", "1700000000000"), ("12e0", "12"), ("120e-1", "12"), ("1.5", "1.5"), ("-7.0", "-7"),
            ("1e3", "1000"),
            (#""1.7E+12""#, "1.7E+12"), (#""1732453000123.0""#, "1732453000123.0"), (#""007""#, "007"),
            ("99999999999999999999999999", "99999999999999999999999999"), ("1e400", "1e400"),
            ("1e99999999999999999999", "1e99999999999999999999"), ("0.00012e7", "1200"),
        ])
    func ids(_ sent: String, _ id: String) throws {
        #expect(try read(#"{"refid":\#(sent),"message":"x"}"#).trxid == id)
        #expect(try read(#"{"message":{"trxid":\#(sent),"status":"Gagal"}}"#).trxid == id)
        #expect(try read(#"{"memberid":\#(sent),"message":"x"}"#).memberid == id)
    }

    @Test(
        "A placeholder is no id",
        arguments: [#""-""#, #"" - ""#, #""0""#, "0", "-0.0", #""NULL""#, #""kosong""#, #"" ""#])
    func placeholders(_ sent: String) throws {
        #expect(try read(#"{"refid":\#(sent),"message":"{\"trxid\":\"KH-1\",\"status\":\"Gagal\"}"}"#).trxid == "KH-1")
        #expect(throws: Unreadable.noID) { try read(#"{"refid":\#(sent),"memberid":\#(sent),"message":"x"}"#) }
    }

    @Test(
        "A destination, or a text about a transaction, makes a transaction; else a member without a refid a top-up",
        arguments: [
            (#"{"trxid":"1","memberid":"m","message":{"tujuan":"08","status":"Gagal"}}"#, .transaction),
            (#"{"trxid":"1","memberid":"m","tujuan":"08","message":"x"}"#, .transaction),
            (#"{"trxid":"1","message":{"memberid":"m","message":"R#1 [5]>>>Transaksi A ke 08 GAGAL."}}"#, .transaction),
            (#"{"trxid":"1","memberid":"m","message":{"message":"Transaksi Gagal"}}"#, .transaction),
            (#"{"trxid":"1","memberid":"m","message":{"message":"R#1 Proses Transaksi A"}}"#, .transaction),
            (#"{"REFID":"1","memberid":"m","message":{"message":"x"}}"#, .transaction),
            (#"{"trxid":"1","memberid":"m","tujuan":"-","message":{"message":"x"}}"#, .topup),
            (#"{"trxid":"1","memberid":"m","message":{"message":"Topup Member m ket: Transaksi batal"}}"#, .topup),
            (
                #"{"trxid":"1","message":{"message":"Tiket Member m dengan jumlah 5 SUKSES. ket: Transaksi A ke 08"}}"#,
                .topup
            ),
            (#"{"trxid":"1","MemberID":"m","message":{"message":"Saldo masuk. Transaksi lain"}}"#, .topup),
        ] as [(String, Callback.Kind)])
    func kinds(_ body: String, _ kind: Callback.Kind) throws {
        let callback = try read(body)
        #expect((callback.kind, callback.trxid) == (kind, "1"))
    }

    @Test(
        "A member carries the serial number where the text has none",
        arguments: [
            (#""sn":"0124""#, "0124"), (#""SN":" 0124 ""#, "0124"),
            (#""serialNumber":1234567890123456789012"#, "1234567890123456789012"),
            (#""SerialNumber":"A/B""#, "A/B"), (#""sn":"-""#, nil), (#""sn":null,"serialNumber":"5""#, "5"),
            (#""sn":"5","serialNumber":"6""#, nil), (#""sn":"5","SN":"5""#, "5"), (#""sn":"kosong""#, nil),
            (#""sn":"-.""#, nil), (#""sn":" Kosong. ""#, nil), (#""sn":"--""#, nil),
        ] as [(String, String?)])
    func serialNumberMembers(_ member: String, _ serialNumber: String?) throws {
        let none = try read(#"{"refid":"1","message":{\#(member),"status":"Success","message":"Transaksi Sukses"}}"#)
        #expect(none.serialNumber == serialNumber)
        let text = #"R#1 SUKSES. SN: 77. Saldo: 5#@24/03 20:38:08"#
        #expect(
            try read(#"{"refid":"1","message":{\#(member),"status":"Success","message":"\#(text)"}}"#).serialNumber
                == "77")
    }
}
