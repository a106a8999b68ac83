import Foundation
import TestSupport

/// What the table of exchanges leaves behind: a record, without its times and positions.
struct ExpectedRecord {
    /// All but times, deliveries and schema.
    var fields: JSON
    var deliveries: [JSON]

    /// By file name; `HEX` stands for a digest.
    static let table: [String: ExpectedRecord] = [
        "transactions/abc-123.json": .init(
            [
                "trxid": "abc-123", "status": "Success", "kind": "transaction", "serialNumber": "12345...",
                "text": "R#abc-123... SUKSES. SN: 12345...",
            ], delivery(Body.t1, count: 2)),
        "transactions/KH-9001.json": .init(
            [
                "trxid": "KH-9001", "status": "Success", "kind": "transaction", "serialNumber": "0124000000001",
                "product": "TH10", "destination": "0812000111", "price": 10155, "balance": 1_449_645_223,
                "providerTime": "03-24T20:38:08+07:00", "text": .string(Body.t3Text), "damaged": true,
            ], delivery(Body.t3)),
        "transactions/KH-9002.json": .init(
            [
                "trxid": "KH-9002", "status": "Refund", "kind": "transaction", "product": "PLN50",
                "destination": "14012345678", "reason": "Dikembalikan", "text": .string(Body.reversalText),
                "reversed": true,
            ], delivery(Body.t2), delivery(Body.reversal, "Refund")),
        "transactions/KH-9003.json": .init(
            [
                "trxid": "KH-9003", "status": "Gagal", "kind": "transaction", "product": "TH10",
                "destination": "0812000111", "reason": "Nomor tujuan salah", "text": .string(Body.t4Text),
            ], delivery(Body.t4, "Gagal")),
        "topups/goodlink+10123+HEX.json": .init(
            [
                "status": "Success", "kind": "topup", "memberid": "goodlink", "amount": 10123,
                "balance": 1_449_645_223, "providerTime": "03-24T20:38:08+07:00", "text": .string(Body.u1Text),
            ], delivery(Body.u1)),
        "topups/goodlink+20456+HEX.json": .init(
            [
                "status": "Expired", "kind": "topup", "memberid": "goodlink", "amount": 20456,
                "reason": "Tiket kedaluwarsa", "text": .string(Body.u2Text),
            ], delivery(Body.u2, "Expired")),
        "topups/goodlink+9.json": .init(
            [
                "trxid": "9", "status": "Success", "kind": "topup", "memberid": "goodlink", "amount": 30789,
                "balance": 0, "providerTime": "03-24T20:38:08+07:00", "text": .string(Body.u3Text),
            ], delivery(Body.u3)),
        "topups/goodlink+40321+HEX.json": .init(
            [
                "status": "Dibatalkan", "kind": "topup", "memberid": "goodlink", "amount": 40321,
                "reason": "Dibatalkan pengguna", "text": .string(Body.u4Text),
            ], delivery(Body.u4, "Dibatalkan")),
        "transactions/KH-QUERY.json": short("KH-QUERY"),
        "transactions/KH-HEADER.json": short("KH-HEADER"),
        "transactions/KH-BOTH.json": short("KH-BOTH"),
        "transactions/KH-CHUNKED.json": short("KH-CHUNKED"),
        "transactions/%2E.%2Fpesanan%2F%C3%A9%20%F0%9F%98%80.json": short("../pesanan/é 😀"),
        "transactions/KH-LATIN.json": .init(
            [
                "trxid": "KH-LATIN", "status": "Success", "kind": "transaction", "text": "R#x caf\u{FFFD}",
                "damaged": true,
            ],
            delivery(bytes: Body.notUTF8)),
        "transactions/KH-LARGEST.json": .init(
            [
                "trxid": "KH-LARGEST", "status": "Success", "kind": "transaction",
                "text": .string(Body.paddedText("KH-LARGEST", to: 65_536)),
            ], delivery(Body.padded("KH-LARGEST", to: 65_536))),
    ]

    private init(_ fields: JSON, _ deliveries: JSON...) {
        self.fields = fields
        self.deliveries = deliveries
    }

    private static func short(_ id: String) -> ExpectedRecord {
        ExpectedRecord(
            ["trxid": .string(id), "status": "Success", "kind": "transaction", "text": "R#x SUKSES"],
            delivery(Body.short(id)))
    }

    private static func delivery(_ body: String, _ status: JSON = "Success", count: JSON = 1) -> JSON {
        ["remoteAddress": "127.0.0.1", "status": status, "count": count, "body": .string(body)]
    }

    private static func delivery(bytes: [UInt8]) -> JSON {
        [
            "remoteAddress": "127.0.0.1", "status": "Success", "count": 1,
            "bodyBase64": .string(Data(bytes).base64EncodedString()),
        ]
    }
}
