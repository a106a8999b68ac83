import Formats
import Foundation
import Ledger
import System
import TestSupport

/// Threads that each do the same again and again until told to stop.
final class Clients: Sendable {
    private struct State {
        var isStopped = false
        var running = 0
        var statuses: [Int?: Int] = [:]
    }

    private let state = Locked(State())

    /// - Parameter turn: Called with the number of the client and that of its turn; returns the status of the answer.
    init(_ count: Int, _ turn: @escaping @Sendable (_ client: Int, _ turn: Int) -> Int?) {
        state.withLock { $0.running = count }
        for client in 0..<count {
            Thread.detachNewThread { [self] in
                for number in 0... {
                    if state.withLock({ $0.isStopped }) { break }
                    let status = turn(client, number)
                    state.withLock { $0.statuses[status, default: 0] += 1 }
                }
                state.withLock { $0.running -= 1 }
            }
        }
    }

    /// How many answers of each status there were so far; `nil` stands for none.
    var statuses: [Int?: Int] { state.withLock { $0.statuses } }

    /// Waits until this many answers have come.
    func waitForAnswers(_ count: Int, within seconds: Double = 60) throws {
        try eventually("\(count) answers", within: seconds) {
            statuses.values.reduce(0, +) >= count ? true : nil
        }
    }

    /// - Returns: How many answers of each status there were.
    @discardableResult
    func stop(within seconds: Double = 60) throws -> [Int?: Int] {
        state.withLock { $0.isStopped = true }
        return try eventually("end of the clients", within: seconds) {
            state.withLock { $0.running == 0 ? $0.statuses : nil }
        }
    }
}
