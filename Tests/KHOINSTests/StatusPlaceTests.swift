import Formats
import KHOINS
import Testing

/// Texts that have to decide alone: the report around them has no `status`.
struct StatusPlaceTests {
    @Test(
        "A word that something negates, limits or continues, or that is another's, is no status",
        arguments: [
            "R#1 Transaksi TH10 ke 0812 TIDAK SUKSES. SN: -. Saldo: 5#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 BELUM BERHASIL. Saldo: 5#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 DITOLAK karena transaksi sebelumnya SUKSES. SN: 01. Saldo: 5#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 PEMBATALAN SUKSES. Saldo: 5#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 TIDAK GAGAL. ket: sedang diproses",
            "R#1 Transaksi TH10 ke 0812 GAGAL terhubung ke operator, sedang diproses ulang",
            "R#1 Transaksi TH10 ke 0812 GAGAL cetak struk, token sudah terbit. SN: 01",
            "R#1 Transaksi TH10 ke 0812 Harga:10.155 Berhasil dibatalkan. ket: permintaan reseller",
            "R#1 Transaksi TH10 ke 0812 Harga:10.155 tidak berhasil. ket: Nomor salah",
            "R#1 Transaksi TH10 ke 0812 Harga:10.155 belum SUKSES. SN: -. Saldo: 1.000#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 Harga:10.155 SUKSES direfund. Saldo: 1.000#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 Gagal cek status, menunggu provider. Saldo: 5#@24/03 20:38:08",
            "R#1 Error koneksi ke provider, transaksi tetap diproses. Saldo: 5#@24/03 20:38:08",
            "R#1 Transaksi TH10 ke 0812 Gagal dibatalkan, sudah SUKSES. SN: 0124. Saldo: 5#@24/03 20:38:08",
            "R#1 TH10.0812 sudah pernah jam 18:46, status Sukses. SN: R2.1. Hrg 6.487",
            "Pembatalan Tiket Member goodlink dengan jumlah 10.000 SUKSES. Saldo: 14.956#@24/03 20:38:08",
            // Words in front of the order name another act.
            "R#1 Pembatalan Transaksi TH10 ke 0812 SUKSES. Saldo: 5", "R#1 Refund Transaksi TH10 ke 0812 SUKSES.",
            "R#1 Proses refund Transaksi TH10 ke 0812 Harga:5 SUKSES. SN: 7", "Pembatalan R#1 SUKSES. SN: 7",
            "R#1 Proses. Transaksi TH10 ke 0812 SUKSES. SN: 7", "Gagal Topup Member m dengan jumlah 5.000 SUKSES.",
            "R#1 Cek status Transaksi TH10 ke 0812 SUKSES. SN: 7", "Mohon tunggu, R#1 Transaksi A ke 08 GAGAL",
            "Topup Method QRIS dibatalkan Member m dengan jumlah 5.000 SUKSES. Saldo: 5",
            // Words in the place of the product, the destination, the price, the amount.
            "R#1 Transaksi REFUND ke 0812 SUKSES. SN: 7", "R#1 Transaksi pembatalan ke 0812 SUKSES. Saldo: 5",
            "R#1 Transaksi (batal) ke 0812 SUKSES. SN: 7", "R#1 Transaksi TH10 ke operator GAGAL. ket: antre",
            "R#1 Transaksi TH10 ke 0812 Harga:tidak SUKSES. SN: 7", "R#1 Transaksi yang tertunda ke 0812 SUKSES.",
            "Tiket Member m dengan jumlah belum SUKSES.", "Tiket Member m belum Expired. ket: x",
            "R#1 Transaksi TH10 ke 0812 TH10 ke 0813 SUKSES. SN: 7",
            // Words between the order and the place, or behind the word.
            "R#1 Transaksi TH10 ke 0812 ditutup sementara, GAGAL. ket: x", "R#1 Transaksi TH10 ke 0812 (SUKSES). SN: 7",
            "R#1 Transaksi TH10 ke 0812 akan SUKSES. SN: 7", "R#1 Transaksi TH10 ke 0812 hampir Expired. ket: x",
            "R#1 Transaksi TH10 ke 0812 atas nama SUKSES. SN: 7", "R#1 Transaksi TH10 ke 0812, bukan Gagal. ket: x",
            "R#1 Transaksi TH10 ke 0812 SUKSES sebagian. SN: 7", "R#1 Transaksi TH10 ke 0812 SUKSES? SN: 7",
            "R#1 Transaksi TH10 ke 0812 SUKSES, tetapi belum masuk. SN: 7", "R#1 Transaksi TH10 ke 0812 SUKSES/GAGAL",
            "R#1 Transaksi TH10 ke 0812 GAGAL. Sedang dikirim ulang. Saldo: 5", "R#1 GAGAL: sedang dicoba lagi",
            "R#1 Transaksi TH10 ke 0812 BATAL untuk digagalkan. ket: x", "R#1 Transaksi TH10 ke 0812 SUKSES GAGAL.",
            "R#1 Transaksi TH10 ke 0812 GAGAL, SUKSES. SN: 7",
            "R#1 Transaksi TH10 ke 0812 SUKSES Harga:dibatalkan. SN: 7",
            "R#1 Transaksi TH10 ke 0812 SUKSES. Saldo: dikembalikan", "R#1 GAGAL Sisa SN: 5", "R#1 SUKSES. Sisa ket: -",
            "R#1 Transaksi TH10 ke 0812 SUKSES. Saldo kembali",
            "R#1 Transaksi tidak SUKSES. SN: 7", "SUKSES", "Gagal.", "Transaksi Sukses", "Info: Transaksi GAGAL.",
            "Sukses mengambil data", "R#1 SUKSESkan. SN: 7", "R#1 Gagal-gagalan.",
            // What is no number in the brackets of the header, and words behind the time.
            "R#1 [BATAL]>>>Transaksi TH10 ke 0812 SUKSES. SN: 7", "R#1 [tidak] SUKSES. SN: 7",
            "R#1 Transaksi TH10 ke 0812 - SUKSES. SN: 7",
            "R#1 Transaksi TH10 ke 0812 SUKSES. SN: 7. Saldo: 5#@24/03 20:38:08 DIBATALKAN",
            "R#1 Transaksi TH10 ke 0812 SUKSES. Saldo: 5#@24/03 20:38:08. Transaksi telah direfund",
            "Tiket Member m dengan jumlah 5.000 SUKSES. Saldo: 5#@24/03 20:38:08, belum masuk",
            // A value of the other outcome.
            "R#1 Transaksi TH10 ke 0812 SUKSES. ket: dibatalkan operator", "R#1 SUKSES. SN: -. ket: Nomor salah",
            "R#1 Transaksi TH10 ke 0812 GAGAL. SN: 0124. Saldo: 5", "R#1 Expired. TOKEN/SN: 0124",
            "Tiket Member m dengan jumlah 5.000 Dibatalkan. SN: 7",
        ])
    func noStatus(_ text: String) throws {
        let callback = try readText(text)
        #expect((callback.status, callback.providerStatus, callback.damaged) == (.unknown, nil, true))
    }

    @Test(
        "A word that fills its place alone is the status",
        arguments: [
            ("R#1 Proses Transaksi TH10 ke 0812 SUKSES. SN: 0124. Saldo: 5#@24/03 20:38:08", .success),
            ("R#1 Status Transaksi TH10 ke 0812 GAGAL. ket: x", .failed),
            ("Info: Transaksi A ke 08 BATAL.", .cancelled),
            ("R#1 Transaksi TH10 ke 0812 Harga:5 SUKSES", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES. Saldo: Rp 5#@24/03 20:38:08", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES. Sisa Saldo: 5", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES Sisa  Saldo : 5.000. Terima kasih", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES. Saldo 9 - 4 = 5#@24/03 20:38:08", .success),
            (#"R#1 Transaksi "TH10 ke "0812 000 111" Harga:5 SUKSES. SN: 7"#, .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES!", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES, SN: 7", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES SN : 7", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES: SN/Ref: 7", .success),
            ("R#1 Transaksi A ke 08, SUKSES. SN: 7", .success),
            ("R#1 Transaksi TH10 ke 0812. GAGAL. Ket : x", .failed), ("R#1 Transaksi A ke 08 GAGAL ket: x", .failed),
            ("R#1 Transaksi TH10 ke 0812 000 111 GAGAL. ket: SUKSES. SN: 7", .failed),
            ("R#1 Transaksi TH10 ke 0812 Hrg 5.000 SUKSES. Sisa Saldo 7#@24/03 20:38:08", .success),
            ("R#1 Transaksi TH10 ke 0812 Harga:Rp5.000 SUKSES. SN: 7", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES. Harga: 5.000. SN: 7", .success),
            ("R#1 SUKSES #@24/03 20:38:08", .success),
            ("R#1 Transaksi TH10 ke 0812 SUKSES. Ref: 8. SN: 5", .success), ("Transaksi GAGAL. ket: x", .failed),
            ("R#1 Transaksi Sukses", .success),
            ("R#1 [5]>>>Transaksi PLN ke 0812 PROSES. ket: antre", .pending), ("R#1 PROSES ket: antre", .pending),
            ("R#1... GAGAL. SN: -. ket: x", .failed), ("R#1 SUKSES. SN: 0. ket: -", .success),
            ("GAGAL. ket: x", .failed),
            ("Tiket Deposit Member m dengan jumlah 5.000, SUKSES. Saldo: 5", .success),
            ("R#1 REFUND. SN: 7", .refunded),
            ("Topup Payment Gateway Method VA BCA Member m dengan jumlah 5.000 SUKSES. Saldo: 5", .success),
            ("Topup Payment Gateway Method Virtual Account Member m Dibatalkan. ket: x", .cancelled),
            ("Proses Topup Member m Kedaluwarsa. ket: x", .expired),
            ("  R#1  Transaksi  A  ke  08  GAGAL . ket: x", .failed),
            ("R#1\nTransaksi A\tke 08\r\nSUKSES.\n SN: 7", .success),
            ("r#1 transaksi a1 KE 08 sukses. sn: 7", .success),
        ] as [(String, Status)])
    func status(_ text: String, _ status: Status) throws {
        let callback = try readText(text)
        #expect((callback.status, callback.damaged) == (status, false))
    }

    /// The parts that sentences are made of here; none of the words that surround a status is known to the program.
    enum Sentences {
        static let orders = [
            "R#1 Transaksi TH10 ke 0812000111 ", "R#1 [5]>>>Transaksi PLN20 ke 0812000111 Harga:10.155 ", "R#1 ",
            "R#1... ", "Tiket Member goodlink dengan jumlah 10.000 ", "Transaksi TH10 ke 0812 000 111 ",
            "Topup Payment Gateway Method QRIS Member goodlink dengan jumlah 50.000 ",
        ]
        static let words: [(String, Status)] = [
            ("SUKSES", .success), ("Berhasil", .success), ("GAGAL", .failed), ("Expired", .expired),
            ("Dibatalkan", .cancelled), ("REFUND", .refunded), ("Pending", .pending),
        ]
        static let before = [
            "tidak", "TIDAK", "belum", "bukan", "hampir", "sudah", "pernah", "akan", "gagal", "batal", "jangan anggap",
            "ditolak karena sebelumnya", "pembatalan", "pengembalian dana", "koreksi:", "transaksi lain", "yang", "(",
            "agar", "status", "ternyata,", "proses", "kemarin -", "apakah", "setengah", "ke", "0813 dan", "info",
        ]
        static let behind = [
            "sebagian", "dibatalkan", "sementara", "terhubung ke operator", "karena gangguan", ", sedang diulang",
            "untuk cek tagihan", "jika dibayar", "? ", ")", "cetak struk, token terbit", ". Namun belum masuk",
            "(belum final)", "kemarin", "/ PENDING", "setelah dicek", "oleh sistem", ". Akan dikirim ulang",
        ]
        static let tails = [
            "", ". ket: x", ". SN: -. Saldo: 5#@24/03 20:38:08", " ket: x", ". Saldo: 1.000#@24/03 20:38:08",
        ]
    }

    @Test("Of 5,000 sentences with a word before the status or behind it, none has a status")
    func generatedSentences() throws {
        var count = 0
        for order in Sentences.orders {
            for (word, _) in Sentences.words {
                let surrounded = Sentences.before.map { "\($0) \(word)" } + Sentences.behind.map { "\(word) \($0)" }
                for tail in Sentences.tails {
                    for text in surrounded.map({ order + $0 + tail }) {
                        count += 1
                        let callback = try readText(text)
                        guard !callback.status.isFinal, callback.damaged else {
                            Issue.record("\(text) gave \(callback.status)")
                            continue
                        }
                    }
                }
            }
        }
        #expect(count >= 5_000)
    }

    @Test("The same sentences without that word have the status that stands there")
    func generatedReports() throws {
        for order in Sentences.orders {
            for (word, status) in Sentences.words {
                for tail in Sentences.tails where status != .success || !tail.contains("ket: x") {
                    let callback = try readText(order + word + tail)
                    #expect((callback.status, callback.damaged) == (status, false), "\(order + word + tail)")
                }
            }
        }
    }

    @Test("One word more, at any place of a head, takes the status away")
    func insertedWords() throws {
        let words = [
            "tidak", "TIDAK", "belum", "bukan", "jangan", "hampir", "sebagian", "dibatalkan", "PEMBATALAN", "refund",
            "GAGAL",
            "Sukses", "pending", "BATAL", "koreksi", "(", "ulang,", "ditolak.", "karena", "Gagal.", "operator:", "é",
        ]
        let heads = [
            "R#1 Transaksi TH10 ke 0812000111 SUKSES.", "R#1 [5]>>> Transaksi TH10 ke 0812000111 Harga:10.155 GAGAL.",
            "R#1 Proses Transaksi TH10 ke 0812 000 111 Hrg 10.155 Expired.", "R#1... SUKSES.", "R#1 Transaksi GAGAL.",
            "Tiket Member goodlink dengan jumlah 10.000 SUKSES.",
            "Topup Payment Gateway Method QRIS Member goodlink REFUND.",
            "Topup Method VA BCA Member goodlink dengan jumlah 50.000 SUKSES.", "R#1 SUKSES.",
        ]
        for head in heads {
            let tokens = head.split(separator: " ").map(String.init)
            for tail in ["", " Saldo: 5#@24/03 20:38:08"] {
                #expect(try readText(head + tail).status.isFinal)
                for (place, word) in (0...tokens.count).flatMap({ place in words.map { (place, $0) } }) {
                    var changed = tokens
                    changed.insert(word, at: place)
                    let text = changed.joined(separator: " ") + tail
                    let callback = try readText(text)
                    #expect(!callback.status.isFinal && callback.damaged, "\(text)")
                }
            }
        }
    }

    @Test("A report that is cut off anywhere has its own status or none", arguments: Sentences.words)
    func cutReports(_ word: String, _ status: Status) throws {
        for order in Sentences.orders {
            for tail in Sentences.tails {
                let text = order + word + tail
                for length in 0...text.count {
                    let cut = try read(#"{"refid":"1","message":"{\"message\":\"\#(text.prefix(length))"}"#)
                    #expect(cut.status == status || cut.status == .unknown, "\(text.prefix(length))")
                    #expect(cut.damaged)
                }
            }
        }
    }
}
