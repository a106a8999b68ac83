import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

@Suite("A listing, newest first")
struct NewestFirstTests {
    private func trxids(_ folder: DataFolder, _ statuses: Status...) throws -> [String] {
        var selection = RecordSelection()
        selection.statuses = Set(statuses)
        var trxids: [String] = []
        guard let reader = try RecordReader(path: folder.path) else { return [] }
        let unreadable = try reader.newestFirst(selection) { stored in
            trxids.append(stored.record?.callback.trxid ?? "")
            return true
        }
        #expect(unreadable == 0)
        return trxids
    }

    @Test("has a record whose status was set by a delivery that it does not keep, once and in its place")
    func omitted() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            ledger.commit("before", "Success")
            for number in 0..<40 { _ = ledger.commit(.test("many", "Pending", text: "\(number)", at: .test(number))) }
            for _ in 0..<2 { _ = ledger.commit(.test("many", "Success", at: .test(40))) }
            ledger.commit("after", "Success")
            for number in 41..<100 { _ = ledger.commit(.test("many", "Pending", text: "\(number)", at: .test(number))) }
            let record = try #require(folder.record("transactions/many.json"))
            #expect(record.status == .success && !record.deliveries.contains { $0.status == .success })
            #expect(try trxids(folder) == ["after", "many", "before"])
            #expect(try trxids(folder, .success) == ["after", "many", "before"])
            #expect(try trxids(folder, .pending) == [])
        }
    }

    @Test(
        "has an archived record that became live again by a callback that set no status, though its journal has gone",
        arguments: ["Success", "Pending"])
    func revived(late: String) throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            ledger.commit("a", "Success")
            ledger.commit("b", "Success")
            try folder.beginJournalFile()
            ledger.commit("c", "Success")
            #expect(try folder.archive(olderThan: .test(1)).journalFilesDropped == 1)
            ledger.commit("a", late)
            ledger.commit("d", "Success")
            #expect(folder.isLive("a") && !folder.isLive("b"))
            for listed in [try trxids(folder), try trxids(folder, .success)] {
                #expect(listed.prefix(2) == ["d", "c"] && listed.suffix(2).sorted() == ["a", "b"])
            }
            #expect(try folder.findings() == [])
        }
    }
}
