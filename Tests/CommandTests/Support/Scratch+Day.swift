import Journal
import TestSupport

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
