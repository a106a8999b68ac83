import Synchronization
import Testing

@testable import Gateway

@Suite("Lines that strangers cause")
struct LogAllowanceTests {
    private static let second: Int64 = 1_000_000_000

    @Test("are bounded in a burst and in the long run, and the number of the others is told")
    func flood() {
        let allowance = LogAllowance()
        var written = 0
        var told = 0
        for step in 0..<100_000 {
            // Ten seconds of a flood.
            if case .write(let suppressed) = allowance.ask(at: Int64(step) * Self.second / 10_000) {
                written += 1
                told += suppressed
            }
        }
        #expect((LogAllowance.burst + 98...LogAllowance.burst + 100).contains(written))
        guard case .write(let rest) = allowance.ask(at: 60 * Self.second) else {
            Issue.record("a line after a quiet time")
            return
        }
        #expect(told + rest + written == 100_000)
        #expect(allowance.ask(at: 60 * Self.second) == .write(suppressed: 0))
    }

    @Test("are written, each, where they are few")
    func few() {
        let allowance = LogAllowance()
        for step in 0..<1000 {
            #expect(allowance.ask(at: Int64(step) * Self.second / Int64(LogAllowance.rate)) == .write(suppressed: 0))
        }
    }

    @Test("are not let through by a clock that stands, goes back or leaps")
    func clock() {
        let allowance = LogAllowance()
        let times: [Int64] = [.max, 0, .max, 5, .max - 1]
        let written = (0..<1000).count { allowance.ask(at: times[$0 % times.count]) != .suppress }
        #expect(written == LogAllowance.burst)
    }

    @Test("are counted right by threads at once")
    func threads() async {
        let allowance = LogAllowance()
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<1000).reduce(0) { sum, _ in
                        if case .write(let suppressed) = allowance.ask(at: 1) { sum + 1 + suppressed } else { sum }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        guard case .write(let rest) = allowance.ask(at: 100 * Self.second) else { return }
        #expect(total + rest == 8000)
    }
}
