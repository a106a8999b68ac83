import Synchronization
import Testing

@testable import System

@Suite("What strangers can cause")
struct TokenBucketTests {
    private static let second: Int64 = 1_000_000_000

    @Test("is bounded in a burst and in the long run, and how much was missed is told")
    func flood() {
        let allowance = TokenBucket(burst: 20, rate: 10)
        var written = 0
        var told = 0
        for step in 0..<100_000 {
            // Ten seconds of a flood.
            if case .granted(let suppressed) = allowance.ask(at: Int64(step) * Self.second / 10_000) {
                written += 1
                told += suppressed
            }
        }
        #expect((118...120).contains(written))
        guard case .granted(let rest) = allowance.ask(at: 60 * Self.second) else {
            Issue.record("nothing after a quiet time")
            return
        }
        #expect(told + rest + written == 100_000)
        #expect(allowance.ask(at: 60 * Self.second) == .granted(missedBefore: 0))
    }

    @Test("is all of it, where it is little")
    func few() {
        let allowance = TokenBucket(burst: 20, rate: 10)
        for step in 0..<1000 {
            #expect(allowance.ask(at: Int64(step) * Self.second / Int64(10)) == .granted(missedBefore: 0))
        }
    }

    @Test("is not more with a clock that stands, goes back or leaps")
    func clock() {
        let allowance = TokenBucket(burst: 20, rate: 10)
        let times: [Int64] = [.max, 0, .max, 5, .max - 1]
        let written = (0..<1000).count { allowance.ask(at: times[$0 % times.count]) != .denied }
        #expect(written == 20)
    }

    @Test("is counted right by threads at once")
    func threads() async {
        let allowance = TokenBucket(burst: 20, rate: 10)
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<1000).reduce(0) { sum, _ in
                        if case .granted(let suppressed) = allowance.ask(at: 1) { sum + 1 + suppressed } else { sum }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        guard case .granted(let rest) = allowance.ask(at: 100 * Self.second) else { return }
        #expect(total + rest == 8000)
    }
}
