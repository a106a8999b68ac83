import Glibc
import Testing

@testable import System

@Suite("A worker")
struct WorkerTests {
    @Test("does what it is asked for in that order")
    func order() {
        let done = Locked<[Int]>([])
        let isEnd = Semaphore()
        let worker = Worker()
        let assignments = (0..<200).map { number in
            worker.begin {
                done.withLock { $0.append(number) }
                if number == 199 { isEnd.post() }
                return number
            }
        }
        // Nobody waits for one of them before: that could take it back, and do it beside others.
        isEnd.wait()
        #expect(done.withLock { $0 } == Array(0..<200))
        for _ in 0..<2 { #expect(assignments.map { $0.value() } == Array(0..<200)) }
        #expect(done.withLock { $0.count } == 200)
    }

    @Test("leaves to whoever waits what it has not begun with")
    func takenBack() {
        let worker = Worker()
        let (isBegun, mayEnd) = (Semaphore(), Semaphore())
        let first = worker.begin {
            isBegun.post()
            mayEnd.wait()
            return pthread_self()
        }
        isBegun.wait()
        #expect(worker.begin { pthread_self() }.value() == pthread_self())
        mayEnd.post()
        #expect(first.value() != pthread_self())
    }

    @Test("ends with what it is at, and begins nothing more")
    func end() throws {
        let done = Locked<[Int]>([])
        let (isBegun, mayEnd) = (Semaphore(), Semaphore())
        var worker: Worker? = Worker()
        let first = worker?.begin {
            isBegun.post()
            mayEnd.wait()
            done.withLock { $0.append(1) }
        }
        let second = worker?.begin { done.withLock { $0.append(2) } }
        isBegun.wait()
        try Thread.start {
            usleep(20_000)
            mayEnd.post()
        }
        worker = nil
        #expect(done.withLock { $0 } == [1])
        first?.value()
        second?.value()
        #expect(done.withLock { $0 } == [1, 2])
    }
}
