import Formats
import KHOINS
import Testing

struct TextTests {
    static let head = "R#1 Transaksi TH10 ke 0812 Harga:10.155 SUKSES. "

    @Test(
        "A serial number ends at the last balance, whatever it holds",
        arguments: [
            "R230512.1911.2100F1", "1234-5678-9012-3456-7890/NAMA/R1/900VA/32,1", "NAMA:BUDI S/NOREK:123/BANK:BCA",
            "😀 é / : . ..", "A. Saldo: 5", "A. Saldo: 5#@01/01 00:00:00. B", "SN: 5", "ket: Gagal", "Harga:5", "00",
            "x...",
            "a#@24/03 20:38:08", #"quoted "x" \ back"#,
        ])
    func serialNumbers(_ serialNumber: String) throws {
        let callback = try readText(Self.head + "SN: \(serialNumber). Saldo: -9.858.221#@24/03 20:38:08")
        #expect(callback.serialNumber == serialNumber)
        #expect((callback.balance, callback.price, callback.reason) == (-9_858_221, 10_155, nil))
        #expect(callback.providerTime == "2026-03-24T20:38:08+07:00")
    }

    @Test(
        "What the text does not say is left out",
        arguments: [
            ("SN: 12345...", "12345...", nil, false), ("SN: 5#@24/03 20:38:08", "5", nil, true),
            ("SN: 5. Saldo: 7", "5", 7, false), ("SN: 5. Saldo: 7.", "5", 7, false), ("SN:5. Saldo:7", "5", 7, false),
            ("SN: . Saldo: 7#@24/03 20:38:08", nil, 7, true), ("SN: ", nil, nil, false), ("SN", nil, nil, false),
            ("Saldo: 7#@24/03 20:38:08", nil, 7, true), ("Saldo: 7 #@24/03 20:38:08", nil, 7, true),
            ("SN: 5. Saldo: Rp 7#@24/03 20:38:08", "5", nil, true), ("SN: 5. Saldo: 10 - 3 = 7", "5", nil, false),
            ("SN: 5. Saldo: 1.44#@24/03 20:38:08", "5", nil, true), ("SN: 5 Saldo: 7", "5 Saldo: 7", nil, false),
            ("SN: 5. Saldo: 99999999999999999999", "5", nil, false), ("", nil, nil, false),
            ("Ref: 8. SN: 5. Saldo: 7", nil, 7, false),
        ] as [(String, String?, Int?, Bool)])
    func parts(_ tail: String, _ serialNumber: String?, _ balance: Int?, _ hasTime: Bool) throws {
        let callback = try readText(Self.head + tail)
        #expect((callback.serialNumber, callback.balance) == (serialNumber, balance))
        #expect((callback.providerTime != nil) == hasTime)
        #expect((callback.status, callback.product, callback.destination) == (.success, "TH10", "0812"))
    }

    @Test(
        "A reason is everything behind ket: but a balance with a time that ends the text",
        arguments: [
            ("Nomor salah", "Nomor salah", nil), ("SN: 5. Saldo: 7", "SN: 5. Saldo: 7", nil),
            ("x. Saldo: 7#@24/03 20:38:08", "x", 7), ("x. Saldo: 7#@24/3 20:38", "x. Saldo: 7#@24/3 20:38", nil),
            ("x Saldo: 7#@24/03 20:38:08", "x", 7),
            ("x. Saldo: y#@24/03 20:38:08", "x. Saldo: y#@24/03 20:38:08", nil),
            ("Harga:5 ket: y", "Harga:5 ket: y", nil), ("", nil, nil),
        ] as [(String, String?, Int?)])
    func reasons(_ tail: String, _ reason: String?, _ balance: Int?) throws {
        let callback = try readText("R#1 Transaksi TH10 ke 0812 GAGAL. ket: \(tail)")
        #expect((callback.reason, callback.balance, callback.serialNumber) == (reason, balance, nil))
        #expect((callback.status, callback.price) == (.failed, nil))
    }

    @Test("Product and destination lose raw quotes, and a sentence without them names none")
    func productAndDestination() throws {
        let quoted = try readText(#"R#1 Transaksi "TH10" ke "0812 GAGAL. ket: x"#)
        #expect((quoted.product, quoted.destination) == ("TH10", "0812"))
        let none = try readText("R#1 Transaksi GAGAL. ket: Transaksi A ke B Harga:5")
        #expect((none.product, none.destination, none.price, none.status) == (nil, nil, nil, .failed))
        let missing = try readText("R#1 Transaksi A ke SUKSES. SN: 5")
        #expect((missing.product, missing.destination, missing.serialNumber) == ("A", nil, "5"))
        let report = try read(#"{"refid":"1","message":{"tujuan":"a b","message":"R#1 Transaksi A ke B GAGAL."}}"#)
        #expect(report.destination == "a b")
    }

    @Test(
        "Rupiah are whole, with dots for thousands only where they belong",
        arguments: [
            ("0", 0), ("-0", 0), ("10155", 10_155), ("10.155", 10_155), ("1.449.645.223", 1_449_645_223),
            ("-9.858.221", -9_858_221), ("9223372036854775807", Int.max), ("9223372036854775808", nil), ("", nil),
            ("-", nil), (".", nil), ("1.", nil), (".155", nil), ("1.44", nil), ("1.4455", nil), ("1234.567", nil),
            ("0.155", nil), ("1..000", nil), ("--1", nil), ("1,000", nil), ("1e3", nil), ("+1", nil), ("٣", nil),
        ] as [(String, Int?)])
    func rupiah(_ amount: String, _ value: Int?) throws {
        #expect(try readText("R#1 Transaksi A ke B Harga:\(amount) SUKSES. SN: 5").price == value)
        #expect(try readText("R#1 SUKSES. SN: 5. Saldo: \(amount)#@24/03 20:38:08").balance == value)
        #expect(try read(#"{"memberid":"m","amount":"\#(amount)"}"#).amount == value)
    }

    @Test(
        "The year is the one nearest to the arrival, and no later than its tomorrow",
        arguments: [
            ("2026-12-31T17:00:05Z", "31/12 23:59:58", "2026-12-31T23:59:58+07:00"),
            ("2026-12-31T16:59:58Z", "01/01 00:00:05", "2027-01-01T00:00:05+07:00"),
            ("2027-01-01T00:00:00Z", "31/12 23:00:00", "2026-12-31T23:00:00+07:00"),
            ("2026-07-01T00:00:00Z", "01/01 00:00:00", "2026-01-01T00:00:00+07:00"),
            ("2026-07-04T00:00:00Z", "01/01 00:00:00", "2026-01-01T00:00:00+07:00"),
            ("2028-02-29T01:00:00Z", "29/02 08:00:00", "2028-02-29T08:00:00+07:00"),
            ("2029-01-01T00:00:00Z", "29/02 08:00:00", "2028-02-29T08:00:00+07:00"),
            ("2026-03-01T00:00:00Z", "29/02 08:00:00", nil), ("2026-03-01T00:00:00Z", "31/04 08:00:00", nil),
            ("2026-03-01T00:00:00Z", "00/01 08:00:00", nil), ("2026-03-01T00:00:00Z", "01/13 08:00:00", nil),
            ("2026-03-01T00:00:00Z", "01/01 24:00:00", nil), ("2026-03-01T00:00:00Z", "01/01 08:60:00", nil),
            ("2026-03-01T00:00:00Z", "1/01 08:00:00", nil), ("2026-03-01T00:00:00Z", "01/01 08:00", nil),
        ] as [(String, String, String?)])
    func years(_ arrival: String, _ time: String, _ expected: String?) throws {
        let arrival = try #require(Timestamp(iso8601: arrival))
        let callback = try readText("R#1 SUKSES. SN: 5. Saldo: 7#@\(time)", arrival: arrival)
        #expect(callback.providerTime == expected)
    }
}
