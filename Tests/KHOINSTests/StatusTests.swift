import KHOINS
import Testing

struct StatusTests {
    static let words: [(Status, [String])] = [
        (.success, ["Success", "Sukses", "Berhasil"]),
        (.failed, ["Gagal", "Failed", "Error"]),
        (.expired, ["Expired", "Kedaluwarsa"]),
        (.cancelled, ["Dibatalkan", "Batal", "Canceled", "Cancelled"]),
        (.refunded, ["Refund", "Refunded", "Reversal", "Reversed"]),
        (.pending, ["Pending", "Proses", "Diproses", "Processing", "Menunggu"]),
    ]

    @Test("Every word of the list is understood in any case, in the report and in the text", arguments: words)
    func understandsWords(_ status: Status, _ words: [String]) throws {
        for word in words.flatMap({ [$0, $0.uppercased(), $0.lowercased()] }) {
            let kept = word == status.rawValue ? nil : word
            let inReport = try readText("R#1 x", status: word)
            #expect((inReport.status, inReport.providerStatus) == (status, kept))
            let inText = try readText("R#1 Transaksi TH10 ke 08 Harga:5 \(word). Saldo: 7")
            #expect((inText.status, inText.providerStatus) == (status, kept))
            #expect(!inReport.damaged && !inText.damaged)
        }
    }

    @Test("Only success, failure, expiry, cancellation and refund are final")
    func knowsFinal() {
        #expect(Status.allCases.filter { !$0.isFinal } == [.pending, .unknown])
    }

    @Test("The report's status decides over the text's word")
    func reportDecides() throws {
        let callback = try readText("R#1 Transaksi TH10 ke 08 SUKSES. SN: 7", status: "Gagal")
        #expect((callback.status, callback.providerStatus) == (.failed, nil))
    }

    @Test(
        "A status that is absent or unreadable leaves it to the text",
        arguments: [
            "", #""status":"","#, #""status":" ","#, #""status":null,"#, #""status":1,"#, #""status":"\ud800","#,
        ]
    )
    func textDecides(_ status: String) throws {
        let callback = try read(#"{"refid":"1","message":{\#(status)"message":"R#1 GAGAL. ket: x"}}"#)
        #expect((callback.status, callback.providerStatus, callback.damaged) == (.failed, "GAGAL", false))
    }

    @Test("A status with white space around is known, and kept as sent")
    func trims() throws {
        let callback = try readText("x", status: " success ")
        #expect((callback.status, callback.providerStatus) == (.success, " success "))
    }

    @Test(
        "A word that is not in the list is unknown, kept, and no damage",
        arguments: ["Diterima", "Gaga", "SuksesGagal"])
    func keepsUnknownWords(_ word: String) throws {
        for callback in [try readText("x", status: word), try readText("R#1 Transaksi A ke 08 \(word). ket: Gagal")] {
            #expect((callback.status, callback.providerStatus, callback.damaged) == (.unknown, word, false))
        }
    }

    @Test(
        "No status at all is unknown and damaged",
        arguments: [
            #""message":{}"#, #""message":"""#, #""message":null"#, #""message":[1]"#, #""message":5"#, #""x":1"#,
            #""message":"{}""#, #""message":"5""#, #""message":"Gagal mengambil data""#,
        ])
    func nothingToRead(_ member: String) throws {
        let callback = try read(#"{"refid":"1",\#(member)}"#)
        #expect((callback.status, callback.providerStatus, callback.damaged) == (.unknown, nil, true))
    }

    @Test("An empty text beside a status is no damage")
    func emptyText() throws {
        let callback = try readText("", status: "Success")
        #expect(callback == .expected(.transaction, "1"))
    }

    @Test("A message that is the text itself is read as one, and damaged")
    func bareText() throws {
        let callback = try read(#"{"refid":"1","message":"R#1 Transaksi A ke 08 SUKSES. SN: 7"}"#)
        #expect((callback.status, callback.serialNumber, callback.damaged) == (.success, "7", true))
    }

    @Test(
        "Words outside the status position mislead nobody",
        arguments: [
            ("R#1 Transaksi A ke 08 GAGAL. ket: masih proses 0", .failed),
            ("R#1 Transaksi A ke 08 REFUND. ket: sebelumnya SUKSES. SN: 9. Saldo: 5#@24/03 20:38:08", .refunded),
            ("R#1 Refund Transaksi A ke 08 yang SUKSES. SN: 9", .unknown),
            ("R#1 Transaksi GAGAL ke SUKSES PENDING. ket: x", .unknown),
            ("R#SUKSES Transaksi A ke 08 GAGAL", .failed),
            ("R#1 [5]>>>BATAL. ket: Gagal", .cancelled),
            ("R#1 Transaksi A ke 08 Harga:5 SUKSES. SN: GAGAL. ket: GAGAL. Saldo: 4", .success),
            ("R#1 Transaksi Pulsa Hemat A ke 08 ditutup sementara GAGAL. ket: SUKSES. SN: 1", .unknown),
            ("R#1 Transaksi Pulsa Hemat A ke 08 Harga:5 GAGAL", .unknown),
            ("Tiket Member Sukses dengan jumlah 5.000 Batal. ket: SUKSES. SN: 1", .cancelled),
            ("Topup Gateway Method Error Member x Expired. ket: Gagal", .expired),
            ("R#1 Catatan. Transaksi A ke 08 GAGAL. ket: x", .failed),
            ("R#1 sedang gagal dikirim ke operator", .unknown),
            ("R#1 Transaksi A ke 08 masih gagal dibaca", .unknown),
            ("ket: SUKSES. SN: 1", .unknown),
            ("Status SUKSES", .unknown),
        ] as [(String, Status)])
    func positionDecides(_ text: String, _ status: Status) throws {
        #expect(try readText(text).status == status)
    }
}
