import CLinux
import Glibc
import System

/// Answers that wait for a moment before they are sent: refusals, where there are many. Who sends the next request only
/// after the answer to the last is slowed down by it, and leaves the processors to honest callbacks. Holds no thread.
final class Tarpit: Sendable {
    /// Nanoseconds that an answer waits.
    private static let delay: Int64 = 100_000_000
    /// Answers that wait at once. Each holds two connections of a web server, which must not run out of them.
    private static let capacity = 128
    /// Refusals that are answered at once, after a quiet time and in a second.
    private static let burst = 20
    private static let rate = 50

    struct Answer {
        var peer: FastCGIPeer
        var bytes: [UInt8]
        fileprivate var due: Int64
    }

    private let allowance = TokenBucket(burst: Tarpit.burst, rate: Tarpit.rate)
    /// In the order in which they are due.
    private let answers = Locked<[Answer]>([])
    /// Becomes readable when answers are due.
    let timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))

    var isEmpty: Bool { answers.withLock { $0.isEmpty } }

    /// Takes over a refusal that has to wait.
    ///
    /// - Returns: Whether it does; if not, it is to be sent now.
    func take(_ bytes: [UInt8], for peer: FastCGIPeer) -> Bool {
        let now = Clock.nanoseconds
        guard allowance.ask(at: now) == .denied else { return false }
        return answers.withLock { answers in
            guard answers.count < Self.capacity else { return false }
            answers.append(Answer(peer: peer, bytes: bytes, due: now + Self.delay))
            if answers.count == 1 { setTimer(after: Self.delay) }
            return true
        }
    }

    /// Hands over the answers that are due.
    func due() -> [Answer] {
        var count: UInt64 = 0
        _ = read(timer, &count, MemoryLayout<UInt64>.size)
        let now = Clock.nanoseconds
        return answers.withLock { answers in
            let due = Array(answers.prefix { $0.due <= now })
            answers.removeFirst(due.count)
            if let next = answers.first { setTimer(after: next.due - now) }
            return due
        }
    }

    private func setTimer(after nanoseconds: Int64) {
        var time = itimerspec()
        // Zero would switch it off.
        time.it_value.tv_nsec = Int(max(nanoseconds, 1))
        timerfd_settime(timer, 0, &time, nil)
    }
}
