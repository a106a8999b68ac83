import TestSupport
import Testing

@testable import Journal
@testable import Ledger

@Suite("The schedule of what the shop is told")
struct TellScheduleTests {
    private let a: UInt64 = 1
    private let b: UInt64 = 2
    private let c: UInt64 = 3

    @Test("gives out one lane's entries one after another, and several lanes' side by side")
    func order() throws {
        var schedule = TellSchedule(parallel: 2, retries: true)
        for (offset, lane) in [a, a, b, c].enumerated() { schedule.add(.test(offset), lane: lane, at: 0) }
        let first = try schedule.taken(0)
        let second = try schedule.taken(0)
        #expect(first.position == .test(0) && second.position == .test(2))
        #expect(schedule.one(0) == nil)
        schedule.succeed(second.position, of: second.slot, now: 1)
        let third = try schedule.taken(1)
        #expect(third.position == .test(3))
        schedule.succeed(first.position, of: first.slot, now: 2)
        let fourth = try schedule.taken(2)
        #expect(fourth.position == .test(1))
        schedule.succeed(fourth.position, of: fourth.slot, now: 3)
        schedule.succeed(third.position, of: third.slot, now: 3)
        #expect(schedule.count == 0 && schedule.isAtRest)
    }

    @Test("has pauses from 1 s on, doubled up to 15 min")
    func pauses() {
        #expect(
            (1...12).map { TellSchedule.pause(after: $0) / 1_000 } == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
        #expect(TellSchedule.pause(after: .max) == 900_000)
    }

    @Test("repeats what failed when its moment has come, and nothing of its lane before it succeeds")
    func repeats() throws {
        var schedule = TellSchedule(parallel: 4, retries: true)
        schedule.add(.test(0), lane: a, at: 0)
        schedule.add(.test(1), lane: a, at: 0)
        let first = try schedule.taken(0)
        #expect(schedule.fail(.test(0), of: first.slot, until: 1_000) == [.test(0), .test(1)])
        #expect(schedule.isHeldUp(a) && !schedule.isHeldUp(b))
        #expect(schedule.one(999) == nil)
        #expect(schedule.nextMoment(after: 0) == 1_000)
        let again = try schedule.taken(1_000)
        #expect(again.position == .test(0))
        schedule.succeed(.test(0), of: again.slot, now: 1_500)
        #expect(!schedule.isHeldUp(a))
        #expect(schedule.one(1_500)?.position == .test(1))
    }

    @Test("lets neither what fails nor what is new wait for ever")
    func fair() throws {
        var schedule = TellSchedule(parallel: 1, retries: true)
        schedule.add(.test(0), lane: a, at: 0)
        let first = try schedule.taken(0)
        _ = schedule.fail(.test(0), of: first.slot, until: 1_000)
        schedule.add(.test(1), lane: b, at: 500)
        let good = try schedule.taken(2_000)
        #expect(good.position == .test(1))
        schedule.add(.test(2), lane: b, at: 2_000)
        schedule.succeed(.test(1), of: good.slot, now: 2_000)
        #expect(schedule.one(2_000)?.position == .test(0))
    }

    @Test("never gives all slots to what has failed")
    func slots() throws {
        var schedule = TellSchedule(parallel: 4, retries: true)
        for lane in 0..<10_000 {
            schedule.add(.test(lane), lane: UInt64(lane), failures: 1, at: 0)
        }
        var retries = 0
        while let slot = schedule.next(now: 1, limits: (8, 8)) {
            #expect(slot.areRetries && slot.positions.count == 8)
            retries += 1
        }
        #expect(retries == 2)
        schedule.add(.test(20_000), lane: 20_000, at: 1)
        schedule.add(.test(20_001), lane: 20_001, at: 1)
        #expect(schedule.next(now: 1)?.positions == [.test(20_000)])
        #expect(schedule.next(now: 1)?.positions == [.test(20_001)])
        #expect(schedule.next(now: 1) == nil)
    }

    @Test("fills a slot with entries of different lanes, and frees it when all are done")
    func batches() throws {
        var schedule = TellSchedule(parallel: 1, retries: true)
        for (offset, lane) in [a, a, b, c].enumerated() { schedule.add(.test(offset), lane: lane, at: 0) }
        let next = schedule.next(now: 0, limits: (10, 1))
        let slot = try #require(next)
        #expect(slot.positions == [.test(0), .test(2), .test(3)])
        schedule.succeed(.test(0), of: slot.id, now: 0)
        _ = schedule.fail(.test(2), of: slot.id, until: 1_000)
        #expect(schedule.next(now: 0, limits: (10, 1)) == nil)
        schedule.putBack(.test(3), of: slot.id, now: 0)
        #expect(schedule.next(now: 0, limits: (10, 1))?.positions == [.test(3), .test(1)])
    }

    @Test("takes back what it was given before in any order, but keeps a lane's")
    func restored() throws {
        var schedule = TellSchedule(parallel: 4, retries: true)
        schedule.add(.test(5), lane: a, at: 0)
        schedule.add(.test(2), lane: a, failures: 3, at: 700)
        schedule.add(.test(2), lane: a, failures: 3, at: 700)
        #expect(schedule.count == 2)
        #expect(schedule.one(699) == nil)
        let slot = try schedule.taken(700)
        #expect(slot.position == .test(2))
        schedule.succeed(.test(2), of: slot.slot, now: 800)
        #expect(schedule.one(800)?.position == .test(5))
    }

    @Test("leaves what has failed, and all that follows in its lane, where it may not repeat")
    func once() throws {
        var schedule = TellSchedule(parallel: 4, retries: false)
        for (offset, lane) in [a, b, a].enumerated() { schedule.add(.test(offset), lane: lane, at: 0) }
        let first = try schedule.taken(0)
        let second = try schedule.taken(0)
        _ = schedule.fail(.test(0), of: first.slot, until: 1_000)
        #expect(!schedule.isAtRest)
        schedule.succeed(.test(1), of: second.slot, now: 0)
        #expect(schedule.isAtRest && schedule.count == 2)
        #expect(schedule.one(100_000) == nil)
    }

    @Test("forgets what stands behind a position, but not what is being told")
    func forgets() throws {
        var schedule = TellSchedule(parallel: 1, retries: true)
        for (offset, lane) in [a, a, b, c].enumerated() { schedule.add(.test(offset), lane: lane, at: 0) }
        let first = try schedule.taken(0)
        schedule.drop(from: .test(0))
        #expect(schedule.count == 1)
        schedule.succeed(.test(0), of: first.slot, now: 0)
        #expect(schedule.count == 0 && schedule.one(0) == nil && schedule.isAtRest)
    }

    @Test("tries at once what was put off, when it is told to hurry")
    func hurries() throws {
        var schedule = TellSchedule(parallel: 1, retries: true)
        schedule.add(.test(0), lane: a, failures: 9, at: 900_000)
        schedule.hurry(.test(0), at: 5)
        #expect(schedule.one(5)?.position == .test(0))
        #expect(schedule.one(900_000) == nil)
    }
}

extension TellSchedule {
    /// Takes the next entry, with its slot; `nil` if there is none.
    fileprivate mutating func one(_ now: Int64) -> (position: Position, slot: Int)? {
        next(now: now).map { ($0.positions[0], $0.id) }
    }

    /// The same, where there must be one.
    fileprivate mutating func taken(_ now: Int64) throws -> (position: Position, slot: Int) {
        let next = one(now)
        return try #require(next)
    }
}
