import KHOINS
import Testing

struct DamageTests {
    static let text = "R#KH-9001 Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. SN: 5. Saldo: 7#@24/03 20:38:08"

    @Test(
        "Quotes, commas and braces may be missing, raw or of the wrong kind",
        arguments: [
            #"{"tujuan":"0812000111","trxid":"KH-9001,"status":"Success","message":"\#(text)"}"#,
            #"{"tujuan":"0812000111,"trxid":"KH-9001","status":"Success","message":"\#(text)"}"#,
            #"{"tujuan":"0812000111","trxid":"KH-9001","status":"Success,"message":"\#(text)"}"#,
            #"{"tujuan":0812000111","trxid":KH-9001","status":Success","message":\#(text)"}"#,
            #"{"tujuan":0812000111,"trxid":KH-9001,"status":Success,"message":"\#(text)"}"#,
            #"{tujuan":"0812000111",trxid":"KH-9001",status":"Success",message":"\#(text)"}"#,
            #"{"tujuan:"0812000111","trxid:"KH-9001","status:"Success","message:"\#(text)"}"#,
            #"{"tujuan":"0812000111" "trxid":"KH-9001" "status":"Success" "message":"\#(text)"}"#,
            #"{"tujuan":"0812000111""trxid":"KH-9001""status":"Success""message":"\#(text)"}"#,
            #"{'tujuan':'0812000111','trxid':'KH-9001','status':'Success','message':'\#(text)'}"#,
            #"{"tujuan":""0812000111"","trxid":""KH-9001"","status":"Success","message":"\#(text)"}"#,
            #"{"tujuan":"0812000111","x":"y","trxid":"KH-9001,"z":1,"status":"Success","message":"\#(text)"}"#,
            #"{"message":"\#(text)","tujuan":"0812000111","trxid":"KH-9001,"status":"Success"}"#,
            #"{"message":"\#(text)", "trxid":"KH-9001","status":"Success","tujuan":"0812000111",}"#,
            "{\n\"tujuan\" : \"0812000111\",\r\n\t\"trxid\":\n\"KH-9001,\n\"status\":\"Success\",\n\"message\":\"\(text)\"\n}\n",
            #"  {"tujuan":"0812000111","trxid":"KH-9001","status":"Success","message":"\#(text)"}}"#,
            #"{\"tujuan\":\"0812000111\",\"trxid\":\"KH-9001\",\"status\":\"Success\",\"message\":\"\#(text)\"}"#,
            #""{"tujuan":"0812000111","trxid":"KH-9001","status":"Success","message":"\#(text)"}""#,
            #""{\"tujuan\":\"0812000111\",\"trxid\":\"KH-9001\",\"status\":\"Success\",\"message\":\"\#(text)\"}"#,
        ])
    func mends(_ message: String) throws {
        let body = Shape.body(outer: "", message: message)
        let expected = Callback.expected(
            serialNumber: "5", product: "TH10", destination: "0812000111", price: 10_155, balance: 7,
            providerTime: "2026-03-24T20:38:08+07:00", text: Self.text, damaged: true)
        #expect(try CallbackReader.read(body, arrival: .arrival) == expected)
    }

    @Test("A missing last brace or quote costs only what touches it", arguments: [#"""#, "", "}"])
    func unclosed(_ end: String) throws {
        let message = #"{"tujuan":"0812000111","trxid":"KH-9001","status":"Success","message":"\#(Self.text)\#(end)"#
        let callback = try CallbackReader.read(Shape.body(outer: "", message: message), arrival: .arrival)
        let expected = Callback.expected(
            serialNumber: "5", product: "TH10", destination: "0812000111", price: 10_155, balance: 7,
            text: end == "}" ? Self.text + "}" : Self.text, damaged: true)
        #expect(callback == expected)
    }

    @Test("Raw control characters and raw quotes stay in the text")
    func rawCharacters() throws {
        let message =
            "{\"status\":\"Gagal\",\"message\":\"R#1 Transaksi A ke 08 GAGAL. ket: a\n\t\"b\" \\\"c\\\" \\q é\"}"
        let callback = try CallbackReader.read(
            Shape.body(outer: #""refid":"1""#, message: message), arrival: .arrival)
        #expect(callback.reason == "a\n\t\"b\" \"c\" \\q é")
        #expect((callback.status, callback.damaged) == (.failed, true))
    }

    @Test("The text keeps what only looks like a key")
    func falseKeys() throws {
        let text = #"R#1 Transaksi "A ke 08 GAGAL. ket: x","status":"Success","trxid":"9","message":"y"#
        let message = #"{"trxid":"1","status":"Gagal","message":"\#(text)"}"#
        let callback = try CallbackReader.read(Shape.body(outer: "", message: message), arrival: .arrival)
        #expect((callback.trxid, callback.status, callback.text) == ("1", .failed, text))
    }

    @Test("A damaged report without a status leaves it to the text; without either it is unknown")
    func statusOfDamaged() throws {
        let withText = try CallbackReader.read(
            Shape.body(outer: "", message: #"{"trxid":"1,"message":"R#1 GAGAL. ket: x"}"#), arrival: .arrival)
        #expect((withText.status, withText.providerStatus, withText.damaged) == (.failed, "GAGAL", true))
        let without = try CallbackReader.read(
            Shape.body(outer: "", message: #"{"trxid":"1,"status":null,"message":"x"}"#), arrival: .arrival)
        #expect((without.status, without.providerStatus, without.damaged) == (.unknown, nil, true))
    }

    @Test("A damaged top-up keeps its member and its amount")
    func damagedTopup() throws {
        let message = #"{"memberid":"goodlink,"amount":10.123,"status":"Success","message":"x"}"#
        let callback = try CallbackReader.read(Shape.body(outer: "", message: message), arrival: .arrival)
        #expect((callback.kind, callback.memberid, callback.amount) == (.topup, "goodlink", 10_123))
    }
}
