import Formats
import Foundation
import Journal
import System
import TestSupport
import Testing

@testable import Ledger
@testable import Page

/// How many bytes a page has at most: on a phone, at the end of a day on which everything happened.
struct WeightTests {
    /// As the page's design has it.
    private static let most = 30_000
    /// 2026-11-25T16:59:00Z: a minute before midnight in Jakarta.
    private static let now = Timestamp(microseconds: 1_795_625_940_000_000)

    private static func counts(_ success: Int, _ failed: Int, _ pending: Int) -> RecentDays.Counts {
        var counts = RecentDays.Counts()
        counts.success = success
        counts.failed = failed
        counts.pending = pending
        counts.spent = success * 25_000
        return counts
    }

    /// A shop with a million callbacks a day, of which each hour had some of every status.
    private static func busyDay() throws -> RecentDays {
        let scratch = try Scratch(.plain)
        let delivery = Delivery(body: Array(Body.t1.utf8), receivedAt: now, remoteAddress: "192.0.2.7")
        _ = try Ledger(path: scratch.data.path).commit([Submission(delivery)]).outcomes[0].get()
        guard let records = try RecordReader(path: scratch.data.path) else { throw Missing() }
        var tally = try RecentDays(records, now: now, zone: .wib, dayCount: 14)
        tally.hours = (0..<24).map { counts(40_000 + $0, 1_500 + $0, 1_000 + $0) }
        tally.days = (0..<14).map { counts(960_000 + $0, 36_000 + $0, 24_000 + $0) }
        tally.late = try (0..<50).map { number in
            let trxid = "TRX-20261125-\(100_000 + number)"
            return RecentDays.Case(
                name: try #require(RecordName(trxid: trxid)), trxid: trxid, product: "PLN100",
                destination: "081234567890", since: Timestamp(microseconds: now.microseconds - 40_000_000_000))
        }
        tally.lateCount = 24_000
        tally.reversed = 1_200
        tally.unclear = 1_100
        tally.reasons = (0..<20).map { ("Nomor tujuan salah, atau diblokir oleh operator \($0)", 2_000 - $0) }
        tally.balance = (1_449_645_223, now)
        tally.newest = Timestamp(microseconds: now.microseconds - 3_000_000)
        return tally
    }

    private struct Missing: Error {}

    @Test(
        "An overview with every hour and everything that needs attention", arguments: [Language.indonesian, .english])
    func overview(_ language: Language) throws {
        var cluster = ClusterOverview(ClusterIdentity(cluster: "x", member: "a", origin: .first), now: Self.now)
        for name in ["a", "b", "c"] {
            var row = ClusterOverview.Row(name: "server-\(name)", standing: "active")
            row.behind = 123_456
            cluster.rows.append(row)
        }
        let followers = ["toko", "gudang"].map { name in
            var report = CursorReport(name: name, cursor: Cursor(readUpTo: .first))
            report.entriesBehind = 123_456
            report.behindSince = Timestamp(microseconds: Self.now.microseconds - 40_000_000_000)
            return report
        }
        var body = HTML(language)
        OverviewView(
            tally: try Self.busyDay(), rejected: 1_300, lateFollowers: followers, failure: nil, cluster: cluster,
            now: Self.now, wording: Wording(language: language, zone: .wib)
        ).write(&body)
        var frame = Frame(
            title: language.words("Ringkasan", "Overview"), section: .overview, query: "", host: "shop.example",
            zone: .wib, version: "1.2.3")
        frame.polledPosition = 1_000_000
        frame.hasFurtherStyle = false
        let page = frame.page(body, isSignedIn: true)
        let text = String(decoding: page, as: UTF8.self)
        for word in ["23–24", "gudang", "server-c", "TRX-20261125-100049"] { #expect(text.contains(word)) }
        #expect(page.count <= Self.most)
    }

    private static let key = String(repeating: "k3", count: 16)

    /// What a page answers whose data directory has these bodies.
    private static func pages(_ bodies: [String], _ queries: [String]) throws -> [String] {
        let scratch = try Scratch(.plain)
        let ledger = Ledger(path: scratch.data.path)
        for text in bodies {
            let delivery = Delivery(body: Array(text.utf8), receivedAt: now, remoteAddress: "192.0.2.7")
            _ = try ledger.commit([Submission(delivery)]).outcomes[0].get()
        }
        let keys = PageKeys([key])
        let panel = Panel(keys: keys, directory: scratch.data.path, zone: .wib, version: "1.2.3")
        return queries.map { query in
            var request = PanelRequest(method: "GET", query: Array(query.utf8))
            request.isPrivate = true
            request.host = "shop.example"
            request.cookies = "__Host-khoins=\(keys.cookie(for: Array(key.utf8), until: now.seconds + 60))"
            return String(decoding: panel.answer(request, now: now) { nil }.response.body, as: UTF8.self)
        }
    }

    private static let token = "1234-5678-9012-3456-7890/BUDI SANTOSO WIJAYA/R1/900VA/32,1"

    @Test("Pages of PLN tokens with long names")
    func tokens() throws {
        let bodies = (0..<40).map { number in
            Body.short(
                "TRX-20261125-\(number)", status: "Success",
                text:
                    "R#1 Transaksi PLN100 ke 32114567890 Harga:100.150 SUKSES. SN: \(Self.token). Saldo: 1.449.645.223")
        }
        for page in try Self.pages(bodies, ["daftar", "trx=TRX-20261125-1"]) {
            #expect(page.contains("BUDI SANTOSO WIJAYA"))
            #expect(page.utf8.count <= Self.most)
        }
    }
}
