import Glibc
import Testing

@testable import System

@Suite("A terminal's stop signals", .serialized)
struct JobControlTests {
    private static let signals = [SIGTSTP, SIGTTIN, SIGTTOU]

    private static func blocked() -> [Int32] {
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return signals.filter { sigismember(&mask, $0) == 1 }
    }

    @Test("are blocked while they are held, and as they were after that")
    func hold() {
        // Threads of the test runner are none of this.
        let before = Self.blocked()
        let hold = JobControl.hold()
        #expect(Self.blocked() == Self.signals)
        let inner = JobControl.hold()
        inner.release()
        #expect(Self.blocked() == Self.signals)
        hold.release()
        #expect(Self.blocked() == before)
    }

    @Test("reach no thread but the one that a process began with")
    func threads() throws {
        let seen = Locked<[Int32]>([])
        let isDone = Semaphore()
        try Thread.start {
            seen.withLock { $0 = Self.blocked() }
            isDone.post()
        }
        isDone.wait()
        #expect(seen.withLock { $0 } == Self.signals)
    }
}
