import Testing

@testable import FastCGI
@testable import System

@Suite("Requests that may be answered at once")
struct AdmissionTests {
    @Test("are so many, and so many bytes, but one of any size")
    func bounds() {
        let admission = Admission(maximumCount: 3, maximumBytes: 100)
        #expect(admission.tryEnter(bytes: 1_000))
        #expect(!admission.tryEnter(bytes: 0))
        admission.leave(bytes: 1_000)
        #expect(admission.tryEnter(bytes: 60))
        #expect(!admission.tryEnter(bytes: 41))
        #expect(admission.tryEnter(bytes: 40))
        #expect(admission.tryEnter(bytes: 0))
        #expect(!admission.tryEnter(bytes: 0))
        admission.leave(bytes: 60)
        #expect(admission.tryEnter(bytes: 60))
    }

    @Test("are let in as others leave, whoever waits", arguments: [1, 3, 100])
    func waiting(bytes: Int) throws {
        let admission = Admission(maximumCount: 4, maximumBytes: 100)
        let inside = Locked((now: 0, most: 0))
        let isDone = Semaphore()
        for _ in 0..<8 {
            try Thread.start {
                for _ in 0..<200 {
                    admission.enter(bytes: bytes)
                    inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                    inside.withLock { $0.now -= 1 }
                    admission.leave(bytes: bytes)
                }
                isDone.post()
            }
        }
        for _ in 0..<8 { isDone.wait() }
        #expect(inside.withLock { $0.now } == 0)
        #expect(inside.withLock { $0.most } <= min(4, 100 / bytes))
    }
}
