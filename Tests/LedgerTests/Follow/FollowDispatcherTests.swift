import TestSupport
import Testing

@testable import Ledger

@Suite("The dispatcher of changes")
struct DispatcherTests {
    private func name(_ trxid: String) throws -> RecordName { try #require(RecordName(trxid: trxid)) }

    @Test("gives out one record's changes one after another, and several records' side by side")
    func order() throws {
        var dispatcher = Dispatcher(parallel: 2, retries: true)
        let (a, b, c) = (try name("a"), try name("b"), try name("c"))
        for (offset, name) in [a, a, b, c].enumerated() { dispatcher.add(.test(offset), of: name, now: 0) }
        #expect(dispatcher.next(now: 0)?.position == .test(0))
        #expect(dispatcher.next(now: 0)?.position == .test(2))
        #expect(dispatcher.next(now: 0) == nil)
        dispatcher.finish(b, succeeded: true, now: 1)
        #expect(dispatcher.next(now: 1)?.position == .test(3))
        dispatcher.finish(a, succeeded: true, now: 2)
        #expect(dispatcher.unfinished == [.test(1), .test(3)])
        #expect(dispatcher.next(now: 2)?.position == .test(1))
        dispatcher.finish(a, succeeded: true, now: 3)
        dispatcher.finish(c, succeeded: true, now: 3)
        #expect(dispatcher.unfinished.isEmpty && dispatcher.count == 0 && dispatcher.isAtRest)
    }

    @Test("repeats a failed change after 1 s, doubled up to 60 s, and nothing of its record before it succeeds")
    func pauses() throws {
        var dispatcher = Dispatcher(parallel: 4, retries: true)
        let a = try name("a")
        dispatcher.add(.test(0), of: a, now: 0)
        dispatcher.add(.test(1), of: a, now: 0)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<9 {
            #expect(dispatcher.next(now: now)?.position == .test(0))
            let given = dispatcher.finish(a, succeeded: false, now: now)
            let pause = try #require(given)
            pauses.append(pause / 1_000)
            #expect(dispatcher.next(now: now + pause - 1) == nil)
            #expect(dispatcher.nextMoment(after: now) == now + pause)
            now += pause
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(dispatcher.next(now: now)?.position == .test(0))
        dispatcher.finish(a, succeeded: true, now: now)
        #expect(dispatcher.next(now: now)?.position == .test(1))
        #expect(dispatcher.finish(a, succeeded: false, now: now) == 1_000)
    }

    @Test("lets neither what fails nor what is new wait for ever")
    func fair() throws {
        var dispatcher = Dispatcher(parallel: 1, retries: true)
        let (bad, good) = (try name("bad"), try name("good"))
        dispatcher.add(.test(0), of: bad, now: 0)
        _ = dispatcher.next(now: 0)
        dispatcher.finish(bad, succeeded: false, now: 0)
        dispatcher.add(.test(1), of: good, now: 500)
        #expect(dispatcher.next(now: 2_000)?.name == good)
        dispatcher.add(.test(2), of: good, now: 2_000)
        dispatcher.finish(good, succeeded: true, now: 2_000)
        #expect(dispatcher.next(now: 2_000)?.name == bad)
    }

    @Test("leaves what has failed, and all that follows of its record, where it may not repeat")
    func once() throws {
        var dispatcher = Dispatcher(parallel: 4, retries: false)
        let (a, b) = (try name("a"), try name("b"))
        for (offset, name) in [a, b, a].enumerated() { dispatcher.add(.test(offset), of: name, now: 0) }
        _ = dispatcher.next(now: 0)
        _ = dispatcher.next(now: 0)
        #expect(dispatcher.finish(a, succeeded: false, now: 0) == nil)
        #expect(!dispatcher.isAtRest)
        dispatcher.finish(b, succeeded: true, now: 0)
        #expect(dispatcher.isAtRest)
        #expect(dispatcher.next(now: 100_000) == nil)
        #expect(dispatcher.unfinished == [.test(0), .test(2)])
    }
}
