import Formats
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

extension Faults {
    @Suite("Time")
    struct TimeTests {
        private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text)) }

        @Test(
            "The journal's order counts, whatever the clock says",
            arguments: [
                ["2026-11-22T08:00:00.000001Z", "2026-11-22T07:00:00.000001Z", "2026-11-21T08:00:00.000001Z"],
                ["2026-11-22T08:00:00.000001Z", "2026-11-22T08:00:00.000001Z", "2026-11-22T08:00:00.000001Z"],
                ["2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00.000000Z", "2027-01-01T00:00:00.000001Z"],
                ["2027-01-01T00:00:00.000000Z", "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00.000000Z"],
                ["2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"],
            ])
        func order(_ times: [String]) throws {
            let site = try Site()
            let tally = Tally()
            let statuses = ["Success", "Gagal", "Refund"]
            for (text, status) in zip(times, statuses) {
                // A ledger of its own each time, as every CGI process has.
                try Self.commit(SentCallback("KH-1", status).body, at: text, site, tally)
            }
            let record = try #require(site.record("KH-1"))
            #expect(record.status.rawValue == "Refund")
            // Records show milliseconds; the journal has all of it.
            let shown = try times.map { try Self.time($0).iso8601() }
            #expect(record.receivedAt.iso8601() == shown[2])
            #expect(record.deliveries.map { $0.receivedAt.iso8601() } == shown)
            let journal = try site.journalFiles.map {
                String(decoding: try #require(site.bytes(of: $0)), as: UTF8.self)
            }
            let exact = try times.map { try Self.time($0).iso8601(.microseconds) }
            #expect(exact.allSatisfy { journal.joined().contains($0) })
            #expect(try site.problems(tally) == [])
            // Rebuilt from the journal it is the same.
            let before = site.bytes(of: "transactions/KH-1.json")
            try site.remove("transactions/KH-1.json")
            _ = try site.verify(repair: true)
            #expect(site.bytes(of: "transactions/KH-1.json") == before)
        }

        private static func commit(_ body: String, at text: String, _ site: Site, _ tally: Tally) throws {
            tally.sending(body)
            let delivery = Delivery(body: Array(body.utf8), receivedAt: try time(text), remoteAddress: "182.23.3.230")
            let outcome = Ledger(path: site.data).commit([Submission(delivery)]).outcomes[0]
            if case .success = outcome { tally.answered(body, Answer(whole: 200)) }
            #expect(throws: Never.self) { try outcome.get() }
        }
    }
}
