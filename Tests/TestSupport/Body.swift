import Formats
import Journal

/// What KHOINS sends: its eight shapes, with invented values, and what goes beyond them.
package enum Body {
    package static let t1 =
        #"{"refid":"abc-123","message":"{\"status\":\"Success\",\"message\":\"R#abc-123... SUKSES. SN: 12345...\"}"}"#

    package static let t2Text =
        "R#KH-9002 [18134]>>>Transaksi PLN50 ke 14012345678 Harga:50.155 SUKSES. SN: 1234-5678-9012-3456-7890/BUDI/R1/900VA/32,1. Saldo: -9.858.221#@24/03 20:38:08"
    package static let t2 = transaction("KH-9002", to: "14012345678", "Success", t2Text)

    /// The inner JSON is damaged, as KHOINS documents it: the quote after the id is missing, two in the text are raw.
    package static let t3 =
        #"{"refid":"KH-9001","message":"{\"tujuan\":\"0812000111\",\"trxid\":\"KH-9001,\"status\":\"Success\",\"message\":\"R#KH-9001 [18134]>>>Transaksi \"TH10 ke \"0812000111\" Harga:10.155 SUKSES. SN: 0124000000001. Saldo: 1.449.645.223#@24/03 20:38:08\"}"}"#
    package static let t3Text =
        #"R#KH-9001 [18134]>>>Transaksi "TH10 ke "0812000111" Harga:10.155 SUKSES. SN: 0124000000001. Saldo: 1.449.645.223#@24/03 20:38:08"#

    package static let t4Text = "R#KH-9003 Transaksi TH10 ke 0812000111 GAGAL. ket: Nomor tujuan salah"
    package static let t4 = transaction("KH-9003", to: "0812000111", "Gagal", t4Text)

    /// What an operator's reversal of T2 looks like.
    package static let reversalText = "R#KH-9002 Transaksi PLN50 ke 14012345678 GAGAL. ket: Dikembalikan"
    package static let reversal = transaction("KH-9002", to: "14012345678", "Refund", reversalText)

    package static let u1Text =
        "Tiket Member goodlink dengan jumlah 10.123 SUKSES. Saldo: 1.449.645.223#@24/03 20:38:08"
    package static let u1 = topup(#""amount":"10123","#, #"\"amount\":\"10123\",\"status\":\"Success\""#, u1Text)
    package static let u2Text = "Tiket Member goodlink dengan jumlah 20.456 Expired. ket: Tiket kedaluwarsa"
    package static let u2 = topup(#""amount":20456,"#, #"\"amount\":20456,\"status\":\"Expired\""#, u2Text)
    package static let u3Text =
        "Topup Payment Gateway Method QRIS Member goodlink dengan jumlah 30.789 SUKSES. Saldo: 0#@24/03 20:38:08"
    package static let u3 = topup(
        #""amount":"30789","#, #"\"amount\":\"30789\",\"status\":\"Success\""#, u3Text, end: #","trxid":9"#)
    package static let u4Text =
        "Topup Payment Gateway Method VA Member goodlink dengan jumlah 40.321 Dibatalkan. ket: Dibatalkan pengguna"
    package static let u4 = topup(#""amount":"40321","#, #"\"status\":\"Dibatalkan\""#, u4Text)

    /// A callback of the shortest shape, with any id.
    package static func short(_ id: String, status: String = "Success", text: String = "R#x SUKSES") -> String {
        #"{"refid":"\#(id)","message":"{\"status\":\"\#(status)\",\"message\":\"\#(text)\"}"}"#
    }

    /// A callback with a byte that is not UTF-8 in its text.
    package static let notUTF8 =
        Array(short("KH-LATIN", text: "R#x caf").utf8.dropLast(5)) + [0xE9] + Array(#"\"}"}"#.utf8)

    /// A callback of exactly that many bytes.
    package static func padded(_ id: String, to count: Int) -> String {
        short(id, text: paddedText(id, to: count))
    }

    package static func paddedText(_ id: String, to count: Int) -> String {
        String(repeating: "x", count: count - short(id, text: "").utf8.count)
    }

    private static func transaction(_ id: String, to: String, _ status: String, _ text: String) -> String {
        #"{"refid":"\#(id)","message":"{\"tujuan\":\"\#(to)\",\"trxid\":\"\#(id)\",\"status\":\"\#(status)\",\"message\":\"\#(text)\"}"}"#
    }

    private static func topup(_ amount: String, _ inner: String, _ text: String, end: String = "") -> String {
        #"{"memberid":"goodlink",\#(amount)"message":"{\"memberid\":\"goodlink\",\#(inner),\"message\":\"\#(text)\"}"\#(end)}"#
    }

    // MARK: - Bytes, of any values

    package static func around(_ members: [(StaticString, String)], message inner: [(StaticString, String)]) -> [UInt8]
    {
        var report = JSONWriter()
        object(inner, &report)
        var envelope = JSONWriter()
        object(members + [("message", String(decoding: report.bytes, as: UTF8.self))], &envelope)
        return envelope.bytes
    }

    package static func success(_ id: String, sn: String = "0124000000001", destination: String = "0812000111")
        -> [UInt8]
    {
        written(
            id, "Success", destination: destination,
            "R#\(id) [18134]>>>Transaksi TH10 ke \(destination) Harga:10.155 SUKSES. SN: \(sn). "
                + "Saldo: 1.449.645.223#@22/11 15:18:32")
    }

    package static func failure(_ id: String, reason: String = "Nomor salah") -> [UInt8] {
        written(
            id, "Gagal", destination: "0812000112", "R#\(id) Transaksi TH10 ke 0812000112 GAGAL. ket: \(reason)")
    }

    package static func pending(_ id: String) -> [UInt8] {
        written(id, "Proses", destination: "0812000113", "R#\(id) Transaksi TH10 ke 0812000113 masih diproses")
    }

    package static func topup(_ member: String, id: String?, amount: String, status: String = "Success") -> [UInt8] {
        let text = "Topup Payment Gateway Method QRIS Member \(member) dengan jumlah 50.000 SUKSES. Saldo: -9.858.221"
        let ids: [(StaticString, String)] = id.map { [("trxid" as StaticString, $0)] } ?? []
        return around(
            [("memberid", member), ("amount", amount)] + ids,
            message: [("memberid", member), ("amount", amount), ("status", status), ("message", text)])
    }

    private static func written(
        _ id: String, _ status: String, destination: String, _ text: String
    ) -> [UInt8] {
        around(
            [("refid", id)],
            message: [("tujuan", destination), ("trxid", id), ("status", status), ("message", text)])
    }

    private static func object(_ members: [(StaticString, String)], _ writer: inout JSONWriter) {
        writer.open("{")
        for (key, value) in members {
            writer.next()
            writer.key(key)
            writer.string(value)
        }
        writer.close("}")
    }
}

extension Delivery {
    /// A delivery from KHOINS's own address.
    package init(_ body: [UInt8], at time: String) {
        self.init(
            body: body, receivedAt: Timestamp(iso8601: time) ?? Timestamp(microseconds: 0),
            remoteAddress: "182.23.3.230")
    }
}
