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

    @Test("are let in where there is memory for them and all the others")
    func memory() throws {
        let memory = Locked(0)
        let admission = Admission(maximumCount: 4, maximumBytes: 1 << 20) { bytes in memory.withLock { bytes <= $0 } }
        func need(_ count: Int, _ bytes: Int) -> Int {
            Admission.slack + count * Admission.leastRoom + bytes * Admission.roomPerByte
        }
        memory.withLock { $0 = need(1, 100) - 1 }
        // Alone, there is nobody to wait for.
        #expect(!admission.enter(bytes: 100))
        memory.withLock { $0 += 1 }
        #expect(admission.enter(bytes: 100))
        // Beside others, there must be more.
        memory.withLock { $0 = need(2, 100) + Admission.margin - 1 }
        #expect(!admission.tryEnter(bytes: 0))
        #expect(admission.hasRoom(for: Admission.leastRoom - 1))
        #expect(!admission.hasRoom(for: Admission.leastRoom))
        memory.withLock { $0 += 1 }
        #expect(admission.tryEnter(bytes: 0))
        admission.leave(bytes: 0)
        memory.withLock { $0 = need(1, 100) }
        let isIn = Locked(false)
        let isDone = Semaphore()
        try Thread.start {
            let entered = admission.enter(bytes: 50)
            isIn.withLock { $0 = entered }
            isDone.post()
        }
        admission.leave(bytes: 100)
        isDone.wait()
        #expect(isIn.withLock { $0 })
        // Somebody who never leaves is not waited for as long.
        #expect(!admission.enter(bytes: 100))
        admission.leave(bytes: 50)
        #expect(admission.enter(bytes: 100))
    }

    @Test("are let in as others leave, whoever waits", arguments: [1, 3, 100])
    func waiting(bytes: Int) throws {
        let admission = Admission(maximumCount: 4, maximumBytes: 100)
        let inside = Locked((now: 0, most: 0))
        let isDone = Semaphore()
        for _ in 0..<8 {
            try Thread.start {
                for _ in 0..<200 {
                    guard admission.enter(bytes: bytes) else { continue }
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
