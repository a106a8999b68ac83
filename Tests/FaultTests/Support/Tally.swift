import Ledger
import System
import TestSupport

/// What was sent, and what of it was answered with the promise that it is kept.
final class Tally: Sendable {
    struct Count: Sendable {
        var sent = 0
        var acknowledged = 0
    }

    private let counts = Locked<[String: Count]>([:])

    /// Notes a body before it is sent.
    func sending(_ body: String) { counts.withLock { $0[body, default: Count()].sent += 1 } }

    /// Notes its answer. 400 promises as much as 200 does: that the body is in the journal and in a file.
    func answered(_ body: String, _ answer: Answer) {
        guard answer.status == 200 || answer.status == 400 else { return }
        counts.withLock { $0[body, default: Count()].acknowledged += 1 }
    }

    var all: [String: Count] { counts.withLock { $0 } }
    var acknowledged: Int { all.values.reduce(0) { $0 + $1.acknowledged } }
    var sent: Int { all.values.reduce(0) { $0 + $1.sent } }

    init() {}

    /// Starts from what another one has noted.
    init(_ other: Tally) {
        let all = other.all
        counts.withLock { $0 = all }
    }

    /// What another one has noted, with what was sent later than that.
    init(_ other: Tally, sent later: [String: Count]) {
        var all = other.all
        for (body, count) in later { all[body, default: Count()].sent = count.sent }
        counts.withLock { $0 = all }
    }
}
