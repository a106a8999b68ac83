import Synchronization

/// Bounds how often strangers can make the program write a line: a bucket of tokens that fills at a steady rate. Whoever
/// finds it empty says nothing; the next line that is allowed comes with how many were not.
final class LogAllowance: Sendable {
    /// Lines at once, after a quiet time.
    static let burst = 20
    /// Lines a second, in the long run.
    static let rate = 10

    private struct State {
        /// In billionths of a line; it grows by `rate` in each nanosecond.
        var level = burst * 1_000_000_000
        var time: Int64?
        var suppressed = 0
    }

    private let state = Mutex(State())

    enum Verdict: Equatable {
        /// Write the line, and before it that so many were left out, if any were.
        case write(suppressed: Int)
        case suppress
    }

    /// - Parameter nanoseconds: Now, on a clock that only goes forward.
    func ask(at nanoseconds: Int64) -> Verdict {
        state.withLock { state in
            let elapsed = max(0, nanoseconds - (state.time ?? nanoseconds))
            let full = Self.burst * 1_000_000_000
            // An hour fills it whatever the rate; the bound keeps the product from overflowing.
            state.level = min(full, state.level + Int(min(elapsed, 3_600_000_000_000)) * Self.rate)
            state.time = max(nanoseconds, state.time ?? nanoseconds)
            guard state.level >= 1_000_000_000 else {
                state.suppressed += 1
                return .suppress
            }
            state.level -= 1_000_000_000
            defer { state.suppressed = 0 }
            return .write(suppressed: state.suppressed)
        }
    }
}
