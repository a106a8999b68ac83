import Formats
import KHOINS
import Testing

/// The other spellings of a text that the field sends.
struct TextFormsTests {
    static let time = "#@24/03 20:38:08"

    @Test(
        "A serial number ends where the closing balance or a closing price begins",
        arguments: [
            (
                "SN: 0143 4804/NAMA/R1/1300VA/63,0 Saldo: 1.449.645.223\(time)", "0143 4804/NAMA/R1/1300VA/63,0",
                1_449_645_223
            ),
            ("SN: 0124. Saldo 1.000\(time)", "0124", 1_000), ("SN: 0124. Sisa Saldo: 1.000\(time)", "0124", 1_000),
            ("SN: 0124 Sisa Saldo 1.000 \(time)", "0124", 1_000), ("SN: 0124 saldo : -1.000\(time)", "0124", -1_000),
            ("SN: 0124, SALDO:0\(time)", "0124", 0), ("SN: A SISA  SALDO B Saldo: 5\(time)", "A SISA  SALDO B", 5),
            ("SN: A Saldo: 7#@01/01 00:00:00 B Saldo 5\(time)", "A Saldo: 7#@01/01 00:00:00 B", 5),
            ("SN: 0124.Saldo:5\(time)", "0124", 5), ("SN: 0124. Sisa Saldo: 5", "0124", 5),
            ("SN: 0124. Saldo 5.", "0124", 5), ("SN: 0124 Saldo 5", "0124 Saldo 5", nil),
            ("SN: Bersaldo 5\(time)", "Bersaldo 5", nil), ("SN: A. Saldo: habis\(time)", "A", nil),
            ("SN: A Saldo 10.000 - 3.000 = 7.000\(time)", "A", nil), ("SN: A. Saldo 10 + 3 = 13", "A", nil),
            ("SN: A Saldo: Rp 7\(time)", "A", nil), ("SN: A. Sisa Saldo Rp.7.000\(time)", "A", nil),
            ("SN: A Sarp 7\(time)", "A Sarp 7", nil), ("SN: 1 = 2\(time)", "1 = 2", nil),
            ("SN: R2504.1. Hrg 6.487", "R2504.1", nil), ("SN: R2504.1. Hrg 6.487. Saldo: 5\(time)", "R2504.1", 5),
            ("SN: R2504.1 Harga: 6.487 Saldo 5\(time)", "R2504.1", 5), ("SN: A Hrg 5 B", "A Hrg 5 B", nil),
            ("SN: R2504.1. Hrg murah", "R2504.1. Hrg murah", nil), ("SN: Harga 5", "Harga 5", nil),
            ("SN: 5.", "5", nil),
            ("SN: NAMA:BUDI/BANK:BCA. Sisa Saldo: 2.500\(time)", "NAMA:BUDI/BANK:BCA", 2_500),
        ] as [(String, String, Int?)])
    func endOfSerialNumber(_ tail: String, _ serialNumber: String, _ balance: Int?) throws {
        let callback = try readText("R#1 Transaksi TH10 ke 0812 SUKSES. \(tail)")
        #expect((callback.serialNumber, callback.balance) == (serialNumber, balance))
        #expect((callback.status, callback.reason) == (.success, nil))
    }

    @Test("An empty serial number is none, and no reason becomes one")
    func emptySerialNumber() throws {
        let callback = try readText("R#1 Transaksi A ke 08 GAGAL. SN: . ket: Nomor salah")
        #expect((callback.serialNumber, callback.status, callback.reason) == (nil, .failed, "Nomor salah"))
    }

    @Test("A closing price is the price, where the head has none")
    func closingPrice() throws {
        #expect(try readText("R#1 Transaksi A ke 08 SUKSES. SN: 7. Hrg 6.487").price == 6_487)
        #expect(try readText("R#1 Transaksi A ke 08 SUKSES. SN: 7. Harga:6.487. Saldo: 5\(Self.time)").price == 6_487)
        #expect(try readText("R#1 Transaksi A ke 08 Harga:5 SUKSES. SN: 7. Hrg 6.487").price == 5)
        #expect(try readText("R#1 Transaksi A ke 08 SUKSES. Harga: 6.487. Saldo: 5\(Self.time)").price == 6_487)
    }

    @Test(
        "A placeholder is no value",
        arguments: ["-", "0", "null", "NULL", "kosong", "Kosong", "", " ", "--", ".", "-.", " - ", "0."])
    func placeholders(_ value: String) throws {
        let head = "R#1 Transaksi TH10 ke 0812"
        for end in ["", ". Saldo: 5\(Self.time)", " Saldo 5\(Self.time)", ". Hrg 5. Saldo: 5\(Self.time)"] {
            let success = try readText("\(head) SUKSES. SN: \(value)\(end)")
            #expect((success.status, success.serialNumber) == (.success, nil), "\(end)")
        }
        let failure = try readText("\(head) GAGAL. SN: \(value). ket: Nomor salah")
        #expect((failure.status, failure.serialNumber, failure.reason) == (.failed, nil, "Nomor salah"))
        let reason = try readText("\(head) GAGAL. ket: \(value). Saldo: 5\(Self.time)")
        #expect((reason.status, reason.reason, reason.balance) == (.failed, nil, 5))
    }

    @Test(
        "What only holds a placeholder is a value",
        arguments: ["00", "0124", "-1-", "null-1", "Stok kosong", "0/NAMA", "R-", "nol"])
    func noPlaceholders(_ value: String) throws {
        #expect(try readText("R#1 SUKSES. SN: \(value). Saldo: 5\(Self.time)").serialNumber == value)
        #expect(try readText("R#1 GAGAL. ket: \(value)").reason == value)
    }

    @Test(
        "A serial number is read where the text has no status word",
        arguments: [
            "R#1 SN: 7", "R#1 Transaksi A ke 08 SN: 7", "R#1 Transaksi A ke 08. SN: 7", "R#1 Transaksi A ke 08, SN: 7",
            "R#1 Transaksi A ke 08 Harga:5. SN: 7", "R#1 [5]>>>Transaksi A ke 08 Harga:5 SN: 7",
        ])
    func serialNumberWithoutWord(_ text: String) throws {
        let callback = try readText("\(text). Saldo: 5\(Self.time)", status: "Success")
        #expect((callback.serialNumber, callback.balance) == ("7", 5))
    }

    @Test("Labels take white space before the colon, any case, and their other names")
    func labels() throws {
        for label in ["SN:", "SN :", "sn:", "TOKEN/SN:", "Token/SN :", "SN/Ref:", "SN/REF :", "VOUCHER/SN:"] {
            for status in [nil, "Success"] {
                let callback = try readText("R#1 Transaksi A ke 08 SUKSES. \(label) 0124. Saldo: 5", status: status)
                #expect((callback.status, callback.serialNumber, callback.balance) == (.success, "0124", 5), "\(label)")
            }
        }
        for label in ["ket:", "Ket :", "KET:", "Keterangan:", "keterangan :"] {
            let callback = try readText("R#1 Transaksi A ke 08 GAGAL. \(label) Stok habis")
            #expect((callback.status, callback.reason) == (.failed, "Stok habis"), "\(label)")
        }
    }

    @Test("What only ends or begins like a label is none")
    func noLabels() throws {
        for text in ["BSN: 1", "SNI: 1", "SN 1", "SN/: 1", "REF/ISN: 1", "paket: 1", "ket 1", "keterang: 1"] {
            let callback = try readText("R#1 Transaksi A ke 08 SUKSES. \(text)", status: "Success")
            #expect((callback.serialNumber, callback.reason) == (nil, nil), "\(text)")
        }
    }

    @Test(
        "A serial number is read beside the report's own status, wherever the words of the head stand",
        arguments: [
            "R#1 Transaksi PLN20 ke 1400 atas nama BUDI SUKSES. SN: 1234-5", "R#1 TH10.0812 (SUKSES). SN: 1234-5",
            "SN: 1234-5", "R#1 SN: 1234-5", "R#1 Transaksi PLN20 ke 1400 SUKSES. Harga:5. SN: 1234-5",
        ])
    func serialNumberBesideStatus(_ text: String) throws {
        let callback = try readText("\(text). Saldo: 5\(Self.time)", status: "Success")
        #expect((callback.status, callback.serialNumber, callback.balance) == (.success, "1234-5", 5))
    }

    @Test(
        "A destination is whole or left out",
        arguments: [
            ("0812 000 111 Harga:5 SUKSES. SN: 7", "0812 000 111"), ("0812 000 111 GAGAL. ket: x", "0812 000 111"),
            ("+62 812 000 SUKSES", "+62 812 000"), ("0812-000 111, GAGAL", "0812-000 111"),
            (#""0812 000" GAGAL. ket: x"#, #"0812 000"#), ("0812 000 111. ket: x", "0812 000 111"),
            ("0812 000", "0812 000"),
            ("0812, GAGAL. ket: x", "0812"), ("0812. GAGAL. ket: x", "0812"), ("0812 ditutup GAGAL. ket: x", "0812"),
            ("0812 10 menit lagi. ket: x", nil), ("0812 000 akan dikirim", nil), ("14 juta 5 GAGAL", "14"),
            ("SUKSES. SN: 7", nil), ("budi@contoh.id SUKSES. SN: 7", "budi@contoh.id"),
        ] as [(String, String?)])
    func destinations(_ tail: String, _ destination: String?) throws {
        #expect(try readText("R#1 Transaksi TH10 ke \(tail)").destination == destination)
    }

    @Test(
        "A text names its product, whatever the id is",
        arguments: [
            "KH 1", "a  b c", "KH 1...", "SN: 1", "R#1", "GAGAL. ket: 1", "1 [2]", "Transaksi X ke 9", "é 😀", "KH-1",
            "KH>1",
        ])
    func knownIDs(_ id: String) throws {
        for mark in [" ", " [5]>>>", "[5]>>>", ">>>", "... "] {
            let text = "R#\(id)\(mark)Transaksi TH10 ke 0812 GAGAL. ket: x"
            let callback = try read(#"{"refid":"\#(id)","message":{"message":"\#(text)"}}"#)
            #expect((callback.trxid, callback.product, callback.destination) == (id, "TH10", "0812"), "\(text)")
            #expect((callback.status, callback.reason, callback.damaged) == (.failed, "x", false), "\(text)")
        }
    }

    @Test("An id that only begins like the text's own is another one")
    func otherIDs() throws {
        let callback = try read(#"{"refid":"KH","message":{"message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: x"}}"#)
        #expect((callback.trxid, callback.product, callback.status) == ("KH", "A", .failed))
        let half = try read(#"{"refid":"KH","message":{"message":"R#KH 1 Transaksi A ke 08 GAGAL. ket: x"}}"#)
        #expect((half.product, half.status, half.damaged) == ("A", .unknown, true))
    }

    @Test(
        "A time is never later than tomorrow",
        arguments: [
            ("2026-03-24T12:00:00Z", "25/03 23:59:59", "2026-03-25T23:59:59+07:00"),
            ("2026-03-24T12:00:00Z", "26/03 00:00:00", "2025-03-26T00:00:00+07:00"),
            ("2026-03-24T17:00:00Z", "26/03 00:00:00", "2026-03-26T00:00:00+07:00"),
            ("2026-12-30T12:00:00Z", "01/01 00:00:00", "2026-01-01T00:00:00+07:00"),
            ("2026-12-31T12:00:00Z", "01/01 23:00:00", "2027-01-01T23:00:00+07:00"),
            ("2026-11-22T08:00:00Z", "31/12 08:00:00", "2025-12-31T08:00:00+07:00"),
            ("2028-02-27T08:00:00Z", "29/02 08:00:00", nil),
            ("2028-02-28T08:00:00Z", "29/02 08:00:00", "2028-02-29T08:00:00+07:00"),
        ] as [(String, String, String?)])
    func times(_ arrival: String, _ time: String, _ expected: String?) throws {
        let arrival = try #require(Timestamp(iso8601: arrival))
        #expect(try readText("R#1 SUKSES. SN: 5. Saldo: 7#@\(time)", arrival: arrival).providerTime == expected)
    }

    @Test(
        "A status word is known with white space and punctuation around it, and kept as sent",
        arguments: [
            ("Success.", .success), (" sukses! ", .success), ("GAGAL:", .failed), (".Expired...", .expired),
            ("\t: Refund :\r\n", .refunded), ("Pending . ", .pending), ("Success?", .unknown), ("Suk.ses", .unknown),
            ("(Gagal)", .unknown), ("Tidak Sukses", .unknown), (".", .unknown),
        ] as [(String, Status)])
    func trimmedWords(_ word: String, _ status: Status) throws {
        let callback = try readText("x", status: word)
        #expect((callback.status, callback.providerStatus) == (status, word))
        #expect(Status(word: word) == (status == .unknown ? nil : status))
    }

    @Test("What a cut hides is not guessed from what stands before it")
    func cuts() throws {
        let tail = "R#1 Transaksi TH10 ke 0812 000 111 GAGAL. ket: x"
        for length in 0...tail.count {
            let cut = try read(
                "{\"refid\":\"1\",\"message\":\"{\\\"x\\\":1,\\\"message\\\":\\\"\(tail.prefix(length))\"}")
            #expect(cut.destination == nil || cut.destination == "0812 000 111", "\(tail.prefix(length))")
            #expect(cut.status == .unknown || tail.prefix(length).contains("GAGAL. ket:"))
        }
    }
}
