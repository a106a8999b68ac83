import Glibc
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Who holds the lock")
struct LockHolderTests {
    @Test(
        "is named while he does, and nobody is else",
        .enabled(if: access("/proc/locks", R_OK) == 0, "needs /proc/locks"))
    func holder() throws {
        try withDataFolder { folder in
            #expect(LockState.tried(at: folder.path, within: 0) == .free)
            _ = folder.ledger().commit(.test("a"))
            #expect(LockState.tried(at: folder.path, within: 0) == .free)
            let lock = try LockFile(in: Directory(openingPath: "\(folder.path)/journal"))
            try lock.acquire(within: 0)
            guard case .held(let holder?) = LockState.tried(at: folder.path, within: 0) else {
                Issue.record("nobody is named")
                return
            }
            #expect(holder.process == getpid())
            #expect(!holder.program.isEmpty && !holder.isStopped)
            lock.release()
            #expect(LockState.tried(at: folder.path, within: 0) == .free)
        }
    }
}
