import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// Something cannot be opened or read: an error belongs to what it happened on.
@Suite("What cannot be read")
struct UnreadableTests {
    /// Whether the machine restarted in between, so that everything since the checkpoint is looked at.
    private static let restarts = [false, true]

    private func restart(_ isRestart: Bool, _ folder: DataFolder) throws {
        if isRestart { try folder.removeItem("journal/.lock") }
    }

    @Test("a record is made anew from the journal, and no other is concerned", arguments: restarts)
    func record(_ isRestart: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = try folder.asOwner { ledger.commit(.test("a", "Pending"), .test("b")) }
            try folder.forbid("transactions/a.json")
            try restart(isRestart, folder)
            let changes = try folder.asOwner { ledger.commit(.test("c"), .test("a"), .test("b")).map(\.change) }
            #expect(changes == [.created, .updated, .duplicate])
            #expect(folder.record("transactions/a.json")?.deliveries.count == 2)
        }
    }

    @Test("an unreadable record stops neither the checkpoint nor a follower, and is mended by both ways of repair")
    func recordOfOthers() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = try folder.asOwner { ledger.commit(.test("a"), .test("b")) }
            try folder.forbid("transactions/a.json")
            try folder.asOwner {
                let follower = try JournalFollower(path: folder.path)
                let changes = try follower.changes(from: nil, upTo: Position(3))?.changes
                #expect(changes?.map(\.name.file) == ["a.json", "b.json"])
                #expect(try Verifier(path: folder.path).findings().map(\.path) == ["transactions/a.json"])
                try ledger.moveCheckpoint()
                #expect(try Verifier(path: folder.path).findings() == [])
            }
            try folder.forbid("transactions/b.json")
            try folder.asOwner {
                let findings = try Verifier(path: folder.path).findings()
                #expect(try ledger.repair(findings).map(\.isRepaired) == [true])
            }
        }
    }

    @Test("a rejected delivery's file is written anew", arguments: restarts)
    func rejected(_ isRestart: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = try folder.asOwner { ledger.commit(.test(body: [1]), .test("a")) }
            try folder.forbid("rejected/\(folder.names(in: "rejected")[0])")
            try restart(isRestart, folder)
            try folder.asOwner {
                #expect(ledger.commit(.test("b")).map(\.change) == [.created])
                try ledger.moveCheckpoint()
            }
            for name in folder.names(in: "rejected") { try folder.allow("rejected/\(name)") }
        }
    }

    @Test("a journal file is left as it is, and the journal goes on in a new one", arguments: restarts)
    func journalFile(_ isRestart: Bool) throws {
        try withDataFolder { folder in
            _ = try folder.asOwner { folder.ledger().commit(.test("a", "Pending"), .test("b")) }
            let file = folder.journalFiles[0]
            let bytes = folder.bytes(file)
            try folder.forbid(file)
            try restart(isRestart, folder)
            try folder.asOwner {
                #expect(folder.ledger().commit(.test("c"), .test("a")).map(\.change) == [.created, .updated])
                #expect(folder.ledger().commit(.test("d")).map(\.change) == [.created])
                let findings = try Verifier(path: folder.path).findings()
                #expect(findings.contains { $0.kind == .journal && $0.path == file })
                #expect(findings.contains { $0.detail.hasSuffix("cannot be read") })
                let piece = try JournalFollower(path: folder.path).changes(from: nil, upTo: Position(9))
                #expect(piece?.changes.count == 3)
            }
            #expect(folder.journalFiles.count == 2)
            // When it can be read again, all is as if it had never been otherwise: no number was used twice.
            try folder.allow(file)
            #expect(folder.bytes(file) == bytes)
        }
    }

    @Test(
        "a small file of the journal's own is as if there were none",
        arguments: [".checkpoint", ".lock", ".note"], restarts)
    func small(_ name: String, _ isRestart: Bool) throws {
        try withDataFolder { folder in
            let other = folder.ledger()
            try folder.asOwner {
                let ledger = folder.ledger()
                _ = ledger.commit(.test("a", "Pending"), .test("b"))
                try ledger.moveCheckpoint()
                _ = ledger.commit(.test("c"))
                _ = other.commit(.test("b", "Gagal"))
            }
            // A lock that was replaced is a restart too.
            if name == ".checkpoint" { try restart(isRestart, folder) }
            try folder.forbid("journal/\(name)")
            try folder.asOwner {
                // The lock is its owner's alone, so that nobody who looks is to open it.
                let named = try Verifier(path: folder.path).findings().map(\.path)
                #expect(named == (name == ".lock" ? [] : ["journal/\(name)"]))
                #expect(folder.ledger().commit(.test("d"), .test("a")).map(\.change) == [.created, .updated])
                // One that had it open before goes on, and with it the others.
                #expect(other.commit(.test("e")).map(\.change) == [.created])
                #expect(folder.ledger().commit(.test("e")).map(\.change) == [.duplicate])
                try folder.ledger().moveCheckpoint()
            }
        }
    }

    @Test(
        "a stranger's file or directory among the records stops nobody who goes through all", arguments: [true, false])
    func stray(_ isDirectory: Bool) throws {
        try withDataFolder(isChecked: false) { folder in
            _ = try folder.asOwner { folder.ledger().commit(.test("a"), .test("b", "Pending")) }
            let name = "transactions/INV-1.json.save"
            if isDirectory { try folder.makeDirectory(name) } else { try folder.write([], to: name) }
            try folder.forbid(name)
            try folder.asOwner {
                let ledger = folder.ledger()
                let findings = try Verifier(path: folder.path).findings()
                #expect(findings.map(\.kind) == [.leftover])
                #expect(findings.map(\.path) == [name])
                #expect(try ledger.repair(findings).map(\.isRepaired) == [false])
                let summary = try ledger.archive(olderThan: .now)
                #expect(summary.records == 1)
                #expect(summary.unreadable == [name])
            }
        }
    }

    @Test("who may only read the data cannot hold the lock, and what he can hold stops nobody")
    func readersLock() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            #expect(folder.mode("journal/.lock") == 0o600)
            let held = folder.names(in: "journal").filter { $0 != ".lock" }.map { name in
                open(folder.path(of: "journal/\(name)"), O_RDONLY | O_CLOEXEC)
            }
            defer { for descriptor in held { close(descriptor) } }
            for descriptor in held { #expect(flock(descriptor, LOCK_SH | LOCK_NB) == 0) }
            #expect(folder.ledger(lockTimeout: 0).commit(.test("b")).map(\.change) == [.created])
        }
    }

    @Test("a lock that readers may open, of an earlier version, is closed to them")
    func openLock() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            try folder.setMode(0o640, of: "journal/.lock")
            _ = folder.ledger().commit(.test("b"))
            #expect(folder.mode("journal/.lock") == 0o600)
        }
    }
}
