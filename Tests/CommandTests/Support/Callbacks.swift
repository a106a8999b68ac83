import Formats
import Journal
import KHOINS
import Ledger

/// Bodies as KHOINS sends them.
enum Body {
    static func around(_ members: [(StaticString, String)], message inner: [(StaticString, String)]) -> [UInt8] {
        var report = JSONWriter()
        object(inner, &report)
        var envelope = JSONWriter()
        object(members + [("message", String(decoding: report.bytes, as: UTF8.self))], &envelope)
        return envelope.bytes
    }

    static func success(_ id: String, sn: String = "0124000000001", destination: String = "0812000111") -> [UInt8] {
        transaction(
            id, "Success", destination: destination,
            "R#\(id) [18134]>>>Transaksi TH10 ke \(destination) Harga:10.155 SUKSES. SN: \(sn). "
                + "Saldo: 1.449.645.223#@22/11 15:18:32")
    }

    static func failure(_ id: String, reason: String = "Nomor salah") -> [UInt8] {
        transaction(
            id, "Gagal", destination: "0812000112", "R#\(id) Transaksi TH10 ke 0812000112 GAGAL. ket: \(reason)")
    }

    static func pending(_ id: String) -> [UInt8] {
        transaction(id, "Proses", destination: "0812000113", "R#\(id) Transaksi TH10 ke 0812000113 masih diproses")
    }

    static func topup(_ member: String, id: String?, amount: String, status: String = "Success") -> [UInt8] {
        let text = "Topup Payment Gateway Method QRIS Member \(member) dengan jumlah 50.000 SUKSES. Saldo: -9.858.221"
        let ids: [(StaticString, String)] = id.map { [("trxid" as StaticString, $0)] } ?? []
        return around(
            [("memberid", member), ("amount", amount)] + ids,
            message: [("memberid", member), ("amount", amount), ("status", status), ("message", text)])
    }

    private static func transaction(
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
    init(_ body: [UInt8], at time: String) {
        self.init(
            body: body, receivedAt: Timestamp(iso8601: time) ?? Timestamp(microseconds: 0),
            remoteAddress: "182.23.3.230")
    }
}

extension Scratch {
    /// A day's work: one of everything that an operator meets.
    func storeDay() throws {
        try store([
            Delivery(Body.success("KH-9001"), at: "2026-11-21T08:00:00.000Z"),
            Delivery(Body.failure("KH-9002"), at: "2026-11-21T08:01:00.000Z"),
            Delivery(Body.pending("KH-9003"), at: "2026-11-22T08:02:00.000Z"),
            Delivery(Body.topup("goodlink", id: "9", amount: "50000"), at: "2026-11-22T08:03:00.000Z"),
            Delivery(Body.success("KH-9004", sn: "1234-5678/CAFÉ 😀/R1"), at: "2026-11-22T08:04:00.000Z"),
            Delivery(Body.success("KH-9004", sn: "1234-5678/CAFÉ 😀/R1"), at: "2026-11-22T08:05:00.000Z"),
            Delivery(Body.failure("KH-9001", reason: "Dikembalikan"), at: "2026-11-22T08:06:00.000Z"),
            Delivery(Array("kein JSON".utf8), at: "2026-11-22T08:07:00.000Z"),
        ])
    }
}
