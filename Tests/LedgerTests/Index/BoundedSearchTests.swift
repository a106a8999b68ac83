import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

@Suite("A search for a part")
struct BoundedSearchTests {
    private func withRecords(_ body: (borrowing RecordReader) throws -> Void) throws {
        try withDataFolder { folder in
            for number in 1...30 {
                _ = folder.ledger().commit(
                    .test("KH-\(100 + number)", number == 2 ? "Pending" : "Success", text: "?", at: .test(number)))
            }
            guard let records = try RecordReader(path: folder.path) else {
                throw LedgerError.damaged(path: folder.path)
            }
            try body(records)
        }
    }

    private func look(
        _ records: borrowing RecordReader, _ text: String, before: Position? = nil, atMost count: Int,
        _ change: (inout RecordSelection) -> Void = { _ in }
    ) throws -> (found: [String], reach: RecordSearch.Reach) {
        let search = try #require(RecordSearch(text))
        var selection = RecordSelection()
        selection.search = search
        change(&selection)
        var found: [String] = []
        let reach = try search.look(
            records, selection, before: before, bounds: RecordSearch.Bounds(records: count, time: .max)
        ) { stored in
            found.append(stored.record?.callback.trxid ?? "")
            return true
        }
        return (found, reach)
    }

    @Test("goes no further than it may, says how far, and goes on from there")
    func bounded() throws {
        try withRecords { records in
            let first = try look(records, "KH-10", atMost: 25)
            #expect(first.found == ["KH-109", "KH-108", "KH-107", "KH-106"])
            #expect(first.reach.looked == 25 && first.reach.isCut)
            #expect(first.reach.oldest == Timestamp.test(6).inMilliseconds)
            let rest = try look(records, "KH-10", before: first.reach.next, atMost: 25)
            #expect(rest.found == ["KH-105", "KH-104", "KH-103", "KH-102", "KH-101"])
            #expect(rest.reach.looked == 5 && !rest.reach.isCut && rest.reach.next == nil)
        }
    }

    @Test("counts what it looks at, not what else is wanted")
    func filtered() throws {
        try withRecords { records in
            let found = try look(records, "KH-1", atMost: 10) { $0.product = "NONE" }
            #expect(found.found == [] && found.reach.looked == 10 && found.reach.isCut)
            let pending = try look(records, "KH-1", atMost: 10) { $0.statuses = [.pending] }
            #expect(pending.found == ["KH-102"] && !pending.reach.isCut)
        }
    }

    @Test("ends when time is over")
    func time() throws {
        try withRecords { records in
            let search = try #require(RecordSearch("none of these"))
            let reach = try search.look(
                records, RecordSelection(), bounds: RecordSearch.Bounds(records: .max, time: -1)
            ) { _ in true }
            #expect(reach.looked == 1 && reach.isCut)
            let all = try search.look(records, RecordSelection(), bounds: nil) { _ in true }
            #expect(all.looked == 30 && !all.isCut)
        }
    }
}
