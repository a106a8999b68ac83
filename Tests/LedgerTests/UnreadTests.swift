import FoundationEssentials
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// A directory in the place of a journal file: none of its bytes can be read.
@Suite("A part of the journal that recovery cannot read for a moment")
struct UnreadTests {
    private static let checkpoint = "journal/.checkpoint"

    /// Five entries in a file that cannot be read now, one in the next, and nobody vouches for anything; of the records, the
    /// third is lost.
    private func prepare(_ folder: DataFolder) throws -> String {
        _ = folder.ledger().commit((1...5).map { Submission.test("r\($0)") })
        try folder.beginJournalFile()
        _ = folder.ledger().commit([.test("s")])
        try RecoveryTests.Restart.reboot.happen(to: folder)
        let file = try #require(folder.journalFiles.first)
        try hide(file, in: folder)
        try folder.removeItem("transactions/r3.json")
        return file
    }

    private func hide(_ file: String, in folder: DataFolder) throws {
        try FileManager.default.moveItem(atPath: folder.path(of: file), toPath: folder.path(of: "kept"))
        try FileManager.default.createDirectory(atPath: folder.path(of: file), withIntermediateDirectories: false)
    }

    private func show(_ file: String, in folder: DataFolder) throws {
        try folder.removeItem(file)
        try FileManager.default.moveItem(atPath: folder.path(of: "kept"), toPath: folder.path(of: file))
    }

    private func isLost(_ folder: DataFolder) -> Bool { !folder.exists("transactions/r3.json") }

    @Test("keeps the checkpoint before it, and is made up for as soon as it can be read", arguments: [false, true])
    func made(_ isCommittedMeanwhile: Bool) throws {
        try withDataFolder { folder in
            let file = try prepare(folder)
            let ledger = folder.ledger()
            #expect(ledger.commit([.test("t")]).outcomes.map(\.change) == [.created])
            #expect(try ledger.moveCheckpoint(within: 60))
            #expect(isLost(folder) && folder.text(Self.checkpoint).map { $0.hasPrefix("1 ") } ?? true)
            // Not tried again at each callback.
            let later = folder.ledger()
            #expect(!later.commit([.test("u")]).isCheckpointDue && !later.isRecoveryDue)
            // As new, though it was there before.
            if isCommittedMeanwhile { #expect(later.commit(.test("r3", "Refund")).map(\.change) == [.created]) }
            try show(file, in: folder)
            #expect(try folder.ledger().moveCheckpoint(within: 60))
            #expect(folder.record("transactions/r3.json")?.deliveries.count == (isCommittedMeanwhile ? 2 : 1))
            #expect(folder.text(Self.checkpoint)?.hasPrefix("\(folder.nextPosition) ") == true)
            #expect(folder.text("journal/.note")?.contains("unread") == false)
        }
    }

    @Test("is found by the recovery after one more restart")
    func restarted() throws {
        try withDataFolder { folder in
            let file = try prepare(folder)
            let ledger = folder.ledger()
            _ = ledger.commit([.test("t")])
            try ledger.moveCheckpoint(within: 60)
            try RecoveryTests.Restart.reboot.happen(to: folder)
            try show(file, in: folder)
            try folder.ledger().prepare()
            #expect(!isLost(folder))
        }
    }

    @Test("is tried again by a callback a minute later")
    func minute() throws {
        try withDataFolder { folder in
            let file = try prepare(folder)
            let ledger = folder.ledger()
            _ = ledger.commit([.test("t")])
            try ledger.moveCheckpoint(within: 60)
            try show(file, in: folder)
            try folder.withSession { session in
                for (age, isDue) in [(59, false), (61, true)] {
                    try session.setUnread(secondsAgo: age)
                    #expect(session.isRecoveryDue == isDue)
                }
            }
            let later = folder.ledger()
            #expect(later.commit([.test("u")]).isCheckpointDue)
            try later.moveCheckpoint(within: 60)
            #expect(!isLost(folder))
        }
    }

    @Test("is not waited for when two more files are full")
    func forGood() throws {
        try withDataFolder(isChecked: false) { folder in
            _ = try prepare(folder)
            for number in 1...3 {
                let ledger = folder.ledger()
                _ = ledger.commit([.test("t\(number)")])
                try ledger.moveCheckpoint(within: 60)
                let isPassed = folder.text(Self.checkpoint)?.hasPrefix("\(folder.nextPosition) ") ?? false
                #expect(isPassed == (number > 2))
                try folder.beginJournalFile()
            }
            #expect(isLost(folder))
        }
    }
}

extension JournalSession {
    fileprivate mutating func setUnread(secondsAgo age: Int) throws {
        let entries = Unproven(start: .first, end: .first.next)
        try leaveUnread(from: entries.start, upTo: entries.end, tried: BootTime.now.uptime - age)
    }
}
