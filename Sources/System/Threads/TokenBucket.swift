/// How much strangers can make the program do: a bucket that fills at a steady rate. Whoever finds it empty gets
/// nothing, and the next one who does get something is told how many did not.
package final class TokenBucket: Sendable {
    private struct State {
        /// In billionths; it grows by `rate` in each nanosecond.
        var level: Int
        var time: Int64?
        var missed = 0
    }

    private let burst: Int
    private let rate: Int
    private let state: Locked<State>

    /// - Parameters:
    ///   - burst: At once, after a quiet time.
    ///   - rate: In a second, in the long run.
    package init(burst: Int, rate: Int) {
        self.burst = burst
        self.rate = rate
        state = Locked(State(level: burst * 1_000_000_000))
    }

    package enum Verdict: Equatable {
        case granted(missedBefore: Int)
        case denied
    }

    /// - Parameter nanoseconds: Now, on a clock that only goes forward.
    package func ask(at nanoseconds: Int64) -> Verdict {
        state.withLock { state in
            let elapsed = max(0, nanoseconds - (state.time ?? nanoseconds))
            // An hour fills it whatever the rate; the bound keeps the product from overflowing.
            let gained = Int(min(elapsed, 3_600_000_000_000)) * rate
            state.level = min(burst * 1_000_000_000, state.level + gained)
            state.time = max(nanoseconds, state.time ?? nanoseconds)
            guard state.level >= 1_000_000_000 else {
                state.missed += 1
                return .denied
            }
            state.level -= 1_000_000_000
            defer { state.missed = 0 }
            return .granted(missedBefore: state.missed)
        }
    }
}
