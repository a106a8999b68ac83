import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Recovery with an archive")
struct ArchiveRecoveryTests {
    /// Forgets what vouched for the journal, as a restart of the machine does.
    private func restart(_ folder: DataFolder) throws {
        try folder.removeItem("journal/.lock")
        try folder.ledger().prepare()
    }

    @Test("builds a lost record on what the archive has")
    func lost() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            ledger.commit("a", "Pending", "Success")
            try folder.archive()
            ledger.commit("a", "Gagal")
            try ledger.moveCheckpoint()
            ledger.commit("a", "Refund")
            let whole = try #require(folder.bytes("transactions/a.json"))
            for lost in [nil, [], Array(whole.dropLast(9))] as [[UInt8]?] {
                if let lost {
                    try folder.write(lost, to: "transactions/a.json")
                } else {
                    try folder.removeItem("transactions/a.json")
                }
                try restart(folder)
                #expect(folder.bytes("transactions/a.json") == whole)
            }
            #expect(try folder.findings() == [])
        }
    }

    @Test("leaves archived records where they are, without a checkpoint too", arguments: [true, false])
    func stays(hasCheckpoint: Bool) throws {
        try withDataFolder(isChecked: false) { folder in
            for trxid in ["a", "b"] { folder.ledger().commit(trxid, "Pending", "Success") }
            try folder.archive()
            if !hasCheckpoint { try folder.removeItem("journal/.checkpoint") }
            try restart(folder)
            #expect(!folder.isLive("a") && !folder.isLive("b"))
            #expect(try folder.findings() == [])
        }
    }

    @Test("takes a file that has come back for what it is")
    func cameBack() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            let live = try #require(folder.bytes("transactions/a.json"))
            try folder.beginJournalFile()
            folder.ledger().commit("b", "Pending")
            #expect(try folder.archive().journalFilesDropped == 1)
            try folder.write(live, to: "transactions/a.json")
            #expect(try folder.findings() == [])
            #expect(try folder.archive().records == 1)
            #expect(try folder.archivedNames() == ["a"])
            // What somebody made of it is told, and mended.
            try folder.write(
                Array(String(decoding: live, as: UTF8.self).replacing("\"count\": 1", with: "\"count\": 0").utf8),
                to: "transactions/a.json")
            #expect(try folder.findings().map(\.kind) == [.different])
            #expect(try folder.ledger().repair(try folder.findings()).map(\.isRepaired) == [true])
            #expect(try folder.findings() == [])
        }
    }

    @Test("finds nothing wrong with a first run that died before its index, for all of it is live still")
    func firstRunDied() throws {
        try withDataFolder(isChecked: false) { folder in
            for trxid in ["a", "b"] { folder.ledger().commit(trxid, "Success") }
            let live = try ["a", "b"].map { try #require(folder.bytes("transactions/\($0).json")) }
            try folder.archive()
            try folder.removeItem("archive/.index")
            #expect(try folder.findings().map(\.path) == ["archive/.index"])
            try folder.write(live[0], to: "transactions/a.json")
            #expect(try folder.findings().map(\.path) == ["archive/.index"])
            try folder.write(live[1], to: "transactions/b.json")
            #expect(try folder.findings() == [])
            #expect(try folder.archive().records == 2)
            #expect(try folder.findings() == [])
        }
    }

    @Test("passes archived records in the checkpoint")
    func checkpoint() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            ledger.commit("a", "Success")
            try folder.archive()
            try folder.removeItem("journal/.checkpoint")
            try ledger.moveCheckpoint()
            #expect(folder.exists("journal/.checkpoint"))
            #expect(!folder.isLive("a"))
        }
    }
}

@Suite("Journal files that nothing needs")
struct JournalDroppingTests {
    @Test("go; those that a live record needs stay")
    func drops() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            _ = folder.ledger().commit(.test(body: [1]))
            try folder.beginJournalFile()
            folder.ledger().commit("p", "Pending")
            folder.ledger().commit("b", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("c", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("d", "Success")
            #expect(folder.journalFiles.count == 4)
            let summary = try folder.archive()
            #expect(summary.journalFilesDropped == 2)
            #expect(folder.journalFiles.map { $0.prefix(20) } == ["journal/000000000003", "journal/000000000006"])
            #expect(try folder.findings() == [])
            // Once nothing is pending any more, the file goes too.
            folder.ledger().commit("p", "Gagal")
            try folder.beginJournalFile()
            folder.ledger().commit("e", "Pending")
            #expect(try folder.archive().journalFilesDropped == 2)
            #expect(folder.journalFiles.count == 1)
            for trxid in ["a", "b", "c", "d", "p", "e"] { #expect(try folder.found(trxid) != nil) }
            // All that is left is enough to make a late callback's record, and to make it again.
            folder.ledger().commit("p", "Refund")
            let revived = try #require(folder.bytes("transactions/p.json"))
            try folder.write([], to: "transactions/p.json")
            #expect(try folder.findings().map(\.kind) == [.damaged])
            _ = try folder.ledger().repair(try folder.findings())
            #expect(folder.bytes("transactions/p.json") == revived)
        }
    }

    @Test("stay while a record is live again with entries in them")
    func revived() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.archive()
            try folder.beginJournalFile()
            _ = folder.ledger().commit(.test("a", "Gagal", at: .test(900)))
            try folder.beginJournalFile()
            folder.ledger().commit("x", "Pending")
            #expect(try folder.archive(olderThan: .test(800)).journalFilesDropped == 1)
            #expect(folder.journalFiles.map { $0.prefix(20) } == ["journal/000000000002", "journal/000000000003"])
            #expect(try folder.findings() == [])
        }
    }

    @Test("stay if a file before them was given up and stays")
    func abandoned() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("p", "Pending")
            try folder.abandonJournalFile()
            folder.ledger().commit("a", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("x", "Pending")
            #expect(try folder.archive().journalFilesDropped == 0)
            folder.ledger().commit("p", "Gagal")
            try folder.beginJournalFile()
            folder.ledger().commit("y", "Pending")
            #expect(try folder.archive().journalFilesDropped == 2)
            #expect(try folder.findings() == [])
        }
    }

    @Test("stay for a cursor that has not passed them", arguments: [true, false])
    func cursor(isWhole: Bool) throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("b", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("c", "Success")
            try folder.makeDirectory(".cursors")
            let cursor = Cursor(readUpTo: .test(4), unfinished: [.test(2)])
            try folder.write(isWhole ? cursor.bytes : [], to: ".cursors/shop.json")
            let summary = try folder.archive()
            #expect(summary.journalFilesDropped == (isWhole ? 1 : 0))
            #expect(summary.journalFilesHeld == ["shop": isWhole ? 1 : 2])
        }
    }

    @Test("stay for a record that is neither live nor archived, and for damage")
    func doubt() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("b", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("c", "Success")
            try folder.removeItem("transactions/a.json")
            try folder.archive()
            // The checkpoint has put it back first.
            #expect(folder.isLive("a"))
            try folder.append([0, 0, 10], to: folder.journalFiles[0])
            #expect(try folder.archive().journalFilesDropped == 0)
        }
    }
}
