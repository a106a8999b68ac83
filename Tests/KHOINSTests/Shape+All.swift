import KHOINS

extension Shape {
    private static let time = "2026-03-24T20:38:08+07:00"

    static let all: [Shape] = [
        Shape(
            name: "T1, the example of the documentation",
            outer: #""refid":"abc-123""#,
            inner: #"{"status":"Success","message":"R#abc-123... SUKSES. SN: 12345..."}"#,
            expected: .expected(
                .transaction, "abc-123", serialNumber: "12345...", text: "R#abc-123... SUKSES. SN: 12345...")),
        Shape(
            name: "T2, success in full",
            outer: #""refid":"KH-9001""#,
            inner: #"{"tujuan":"0812000111","trxid":"KH-9001","status":"Success","message":"R#KH-9001 "#
                + #"[18134]>>>Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. SN: R230512.1911.2100F1. "#
                + #"Saldo: 1.449.645.223#@24/03 20:38:08"}"#,
            expected: .expected(
                serialNumber: "R230512.1911.2100F1", product: "TH10", destination: "0812000111", price: 10_155,
                balance: 1_449_645_223, providerTime: time,
                text: "R#KH-9001 [18134]>>>Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. "
                    + "SN: R230512.1911.2100F1. Saldo: 1.449.645.223#@24/03 20:38:08")),
        Shape(
            name: "T3, damaged as documented",
            outer: #""refid":"KH-9001""#,
            inner: #"{"tujuan":"0812000111","trxid":"KH-9001,"status":"Success","message":"R#KH-9001 "#
                + #"[18134]>>>Transaksi "TH10 ke "0812000111" Harga:10.155 SUKSES. SN: 0124000000001. "#
                + #"Saldo: 1.449.645.223#@24/03 20:38:08"}"#,
            expected: .expected(
                serialNumber: "0124000000001", product: "TH10", destination: "0812000111", price: 10_155,
                balance: 1_449_645_223, providerTime: time,
                text: #"R#KH-9001 [18134]>>>Transaksi "TH10 ke "0812000111" Harga:10.155 SUKSES. "#
                    + "SN: 0124000000001. Saldo: 1.449.645.223#@24/03 20:38:08",
                damaged: true)),
        Shape(
            name: "T4, failed",
            outer: #""refid":"KH-9002""#,
            inner: #"{"tujuan":"0812000112","trxid":"KH-9002","status":"Gagal","message":"R#KH-9002 Transaksi "#
                + #"TH10 ke 0812000112 GAGAL. ket: Nomor salah, masih proses 0"}"#,
            expected: .expected(
                .transaction, "KH-9002", .failed, product: "TH10", destination: "0812000112",
                reason: "Nomor salah, masih proses 0",
                text: "R#KH-9002 Transaksi TH10 ke 0812000112 GAGAL. ket: Nomor salah, masih proses 0")),
        Shape(
            name: "T4 with a balance behind the reason",
            outer: #""refid":"KH-9003""#,
            inner: #"{"tujuan":"0812000112","trxid":"KH-9003","status":"Gagal","message":"R#KH-9003 Transaksi "#
                + #"TH10 ke 0812000112 GAGAL. ket: Nomor \"salah\". Saldo: -9.858.221#@24/03 20:38:08"}"#,
            expected: .expected(
                .transaction, "KH-9003", .failed, product: "TH10", destination: "0812000112",
                reason: #"Nomor "salah""#, balance: -9_858_221, providerTime: time,
                text: #"R#KH-9003 Transaksi TH10 ke 0812000112 GAGAL. ket: Nomor "salah". "#
                    + "Saldo: -9.858.221#@24/03 20:38:08")),
        Shape(
            name: "T2 without a status, with a token of PLN that quotes a balance",
            outer: #""refid":"KH-9004""#,
            inner: #"{"tujuan":"5312","trxid":"KH-9004","message":"R#KH-9004 Transaksi PLN20 ke 5312 Harga:20.155 "#
                + #"SUKSES. SN: 1234-5678-9012-3456-7890/CAF\u00c9 😀. Saldo: 7/R1/900VA/32,1. Saldo: 0"#
                + #"#@24/03 20:38:08"}"#,
            expected: .expected(
                .transaction, "KH-9004", providerStatus: "SUKSES",
                serialNumber: "1234-5678-9012-3456-7890/CAFÉ 😀. Saldo: 7/R1/900VA/32,1", product: "PLN20",
                destination: "5312", price: 20_155, balance: 0, providerTime: time,
                text: "R#KH-9004 Transaksi PLN20 ke 5312 Harga:20.155 SUKSES. SN: 1234-5678-9012-3456-7890/CAFÉ 😀. "
                    + "Saldo: 7/R1/900VA/32,1. Saldo: 0#@24/03 20:38:08")),
        Shape(
            name: "U1, top-up by bank transfer",
            outer: #""memberid":"goodlink","amount":"1000000""#,
            inner: #"{"memberid":"goodlink","amount":"1000000","status":"Success","message":"Tiket Member goodlink "#
                + #"dengan jumlah 1.000.000 SUKSES. Saldo: 2.500.000#@24/03 20:38:08"}"#,
            expected: .expected(
                .topup, nil, memberid: "goodlink", amount: 1_000_000, balance: 2_500_000, providerTime: time,
                text: "Tiket Member goodlink dengan jumlah 1.000.000 SUKSES. Saldo: 2.500.000#@24/03 20:38:08",
                messageDigest: "4e6c6f65")),
        Shape(
            name: "U2, top-up by bank transfer expired",
            outer: #""memberid":"goodlink","amount":10123"#,
            inner: #"{"memberid":"goodlink","amount":10123,"status":"Expired","message":"Tiket Member goodlink "#
                + #"dengan jumlah 10.123 Expired. ket: Melewati batas waktu"}"#,
            expected: .expected(
                .topup, nil, .expired, reason: "Melewati batas waktu", memberid: "goodlink", amount: 10_123,
                text: "Tiket Member goodlink dengan jumlah 10.123 Expired. ket: Melewati batas waktu",
                messageDigest: "3f625384")),
        Shape(
            name: "U3, top-up by virtual account",
            outer: #""memberid":"goodlink","amount":50000,"trxid":9"#,
            inner: #"{"memberid":"goodlink","amount":"50000","status":"Success","message":"Topup Payment Gateway "#
                + #"Method QRIS Member goodlink dengan jumlah 50.000 SUKSES. Saldo: 50.000#@24/03 20:38:08"}"#,
            expected: .expected(
                .topup, "9", memberid: "goodlink", amount: 50_000, balance: 50_000, providerTime: time,
                text: "Topup Payment Gateway Method QRIS Member goodlink dengan jumlah 50.000 SUKSES. "
                    + "Saldo: 50.000#@24/03 20:38:08")),
        Shape(
            name: "U4, top-up by virtual account cancelled",
            outer: #""memberid":"goodlink","amount":"50000""#,
            inner: #"{"memberid":"goodlink","status":"Dibatalkan","message":"Topup Payment Gateway Method VA "#
                + #"Member goodlink Dibatalkan. ket: Dibatalkan oleh member"}"#,
            expected: .expected(
                .topup, nil, .cancelled, reason: "Dibatalkan oleh member", memberid: "goodlink", amount: 50_000,
                text: "Topup Payment Gateway Method VA Member goodlink Dibatalkan. ket: Dibatalkan oleh member",
                messageDigest: "ebaba0c0")),
    ]
}
