import Formats
import Journal
import Ledger
import TestSupport
import Testing

@testable import Gateway
@testable import Operations
@testable import Page

@Suite("How the other servers are,")
struct ClusterWordsTests {
    private static let now = Timestamp(microseconds: 1_795_612_443_000_000)

    private static func row(
        _ name: String, standing: String = "active", behind: Int? = 0, seen seconds: Int64? = 3,
        isDifferent: Bool = false
    ) -> ClusterOverview.Row {
        var row = ClusterOverview.Row(name: name, standing: standing)
        row.next = 43
        row.behind = behind
        row.version = "1"
        row.seen = seconds.map { Timestamp(microseconds: now.microseconds - $0 * 1_000_000) }
        row.isDifferent = isDifferent
        return row
    }

    private static func overview(_ rows: [ClusterOverview.Row], problem: String? = nil) -> ClusterOverview {
        var overview = ClusterOverview(
            ClusterIdentity(cluster: "x", member: "a", origin: .first), problem: problem, now: now)
        overview.rows = rows
        overview.size = 5 << 20
        overview.tellers = ["shop": "b", "own": "a"]
        return overview
    }

    /// Figures of a directory that is still empty.
    private static func figures(_ overview: ClusterOverview, _ scratch: Scratch) throws -> Figures {
        try Figures(scratch.data.path, now: now, zone: .wib, failure: nil, cluster: overview)
    }

    @Test(
        "each trouble has its sentence, in status as in check and on the page, and somebody should look",
        arguments: [
            (row("b", standing: "gone"), "b is gone", "ditinggalkan"),
            (row("b", isDifferent: true), "b has another journal", "berbeda"),
            (row("b", behind: nil, seen: nil), "b has told nothing yet", "belum mulai"),
            (row("b", behind: 1_234), "b is behind by 1.234 batches", "1.234"),
            (row("b", seen: 3_600), "b was last seen 1 h ago", "tidak terdengar"),
            (row("b", seen: -90), "b has a clock that is ahead by 1 min 30 s", "jamnya"),
        ])
    func troubles(_ row: ClusterOverview.Row, _ english: String, _ indonesian: String) throws {
        let overview = Self.overview([Self.row("a"), row])
        #expect(overview.needsLook && overview.failure == nil)
        #expect(overview.troubles.count == 1 && overview.troubles[0].contains(english), "\(overview.troubles)")
        let scratch = try Scratch(.plain)
        let figures = try Self.figures(overview, scratch)
        #expect(figures.needsLook)
        let lines = FigureLines(figures).lines.filter { $0.name == "Cluster" }.map(\.words)
        #expect(lines.count == 2 && lines[0].contains("a, b; this is a; etcd needs 5 MiB"), "\(lines)")
        #expect(lines[1].contains(english))
        let text = String(decoding: figures.prometheus, as: UTF8.self)
        #expect(text.contains("khoins_cluster_member_well{member=\"a\"} 1\n"))
        #expect(text.contains("khoins_cluster_member_well{member=\"b\"} 0\n"), "\(text)")
        var html = HTML(.indonesian, capacity: 1024)
        ClusterView(cluster: overview, wording: Wording(language: .indonesian, zone: .wib)).write(&html)
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains(indonesian) && page.contains("(ini)"), "\(page)")
    }

    @Test("all well, nobody need look, and when each was heard of is told")
    func well() throws {
        let overview = Self.overview([Self.row("a"), Self.row("b", behind: 12, seen: 7)])
        #expect(!overview.needsLook && overview.failure == nil && overview.troubles.isEmpty)
        let scratch = try Scratch(.plain)
        let figures = try Self.figures(overview, scratch)
        let lines = FigureLines(figures).lines.filter { $0.name == "Cluster" }
        #expect(lines.count == 1)
        let text = String(decoding: figures.prometheus, as: UTF8.self)
        for line in [
            "khoins_cluster_up 1", "khoins_cluster_etcd_bytes 5242880",
            "khoins_cluster_member_behind_batches{member=\"b\"} 12",
            "khoins_cluster_member_seen_timestamp_seconds{member=\"b\"} \(Self.now.seconds - 7)",
        ] {
            #expect(text.contains("\(line)\n"), "\(line)")
        }
        let json = try #require(try? JSONParser.parse(figures.json))["cluster"]
        #expect(json?["member"]?.string == "a" && json?["etcdBytes"]?.integer == 5 << 20)
        guard case .array(let members)? = json?["members"] else {
            Issue.record("no members: \(String(decoding: figures.json, as: UTF8.self))")
            return
        }
        #expect(members.map { $0["name"]?.string } == ["a", "b"])
        #expect(members.last?["behind"]?.integer == 12 && members.last?["seen"]?.string != nil)
        #expect(members.allSatisfy { $0["needsLook"] == nil })
        #expect(overview.otherTeller(of: "shop") == "b" && overview.otherTeller(of: "own") == nil)
    }

    @Test(
        "a server that takes no callbacks says why",
        arguments: [
            (overview([], problem: "no answer within 1000 ms"), "no answer within 1000 ms"),
            (overview([row("b")]), "has no member a"),
            (overview([row("a", standing: "gone")]), "gone on without a"),
        ])
    func failure(_ overview: ClusterOverview, _ words: String) throws {
        #expect(overview.failure?.contains(words) == true)
        let scratch = try Scratch(.plain)
        let figures = try Self.figures(overview, scratch)
        #expect(String(decoding: figures.prometheus, as: UTF8.self).contains("khoins_cluster_up 0\n"))
    }

    @Test("one server alone has no word of it")
    func alone() throws {
        let scratch = try Scratch(.plain)
        let figures = try Figures(scratch.data.path, now: Self.now, zone: .wib, failure: nil)
        #expect(!FigureLines(figures).lines.contains { $0.name == "Cluster" })
        #expect(!String(decoding: figures.prometheus + figures.json, as: UTF8.self).contains("cluster"))
    }
}
