import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Ledger
@testable import System

@Suite("The lock")
struct LockTests {
    /// Holds the lock as another process would: through a descriptor of its own.
    private func withLockHeld(in folder: DataFolder, _ body: () throws -> Void) throws {
        let descriptor = open(folder.path(of: "journal/.lock"), O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        try body()
    }

    @Test("is waited for no longer than asked, and nothing is written meanwhile", arguments: [0, 1])
    func held(_ seconds: Int) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let ledger = folder.ledger(lockTimeout: seconds)
            let before = folder.bytes("journal/000000000001-20261122.jsonl")
            try withLockHeld(in: folder) {
                let clock = ContinuousClock()
                let start = clock.now
                let results = ledger.commit(.test("b"), .test("c"))
                let elapsed = clock.now - start
                let timedOut = LedgerError.lockTimedOut(seconds: seconds)
                #expect(results.map(\.error) == [timedOut, timedOut])
                #expect(elapsed >= .seconds(seconds) && elapsed < .seconds(seconds + 5))
                #expect(ledger.probe() == timedOut)
                #expect(throws: timedOut) { try ledger.moveCheckpoint() }
                #expect(folder.bytes("journal/000000000001-20261122.jsonl") == before)
            }
            #expect(ledger.commit(.test("b")).map(\.change) == [.created])
        }
    }

    @Test("is free between commits, and after those that failed")
    func released() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            try withLockHeld(in: folder) {}
            try folder.makeDirectory("transactions/b.json")
            #expect(ledger.commit(.test("b")).first?.error != nil)
            try withLockHeld(in: folder) {}
            try folder.removeItem("transactions/b.json")
            #expect(ledger.probe() == nil)
            try withLockHeld(in: folder) {}
        }
    }

    @Test("is had in turn by those who wait for it")
    func contended() throws {
        try withDataFolder { folder in
            concurrently(8) { thread in
                let ledger = folder.ledger()
                for index in 0..<10 {
                    let changes = ledger.commit(.test("a"), .test("KH-\(thread)-\(index)")).map(\.change)
                    #expect(changes.last == .created)
                }
            }
            #expect(folder.record("transactions/a.json")?.deliveries.map(\.count) == [80])
            #expect(folder.names(in: "transactions").count == 81)
        }
    }
}

@Suite("A health check")
struct ProbeTests {
    @Test("leaves nothing behind, and tells what a commit would run into")
    func probe() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            #expect(ledger.probe() == nil)
            #expect(folder.names(in: "journal") == [".lock", ".note"])
            try folder.makeDirectory("journal/.probe")
            #expect(ledger.probe()?.errno == EISDIR)
            try folder.removeItem("journal/.probe")
            #expect(ledger.probe() == nil)
        }
    }
}
