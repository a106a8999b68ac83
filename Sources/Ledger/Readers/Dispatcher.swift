import Journal

/// Decides which change is worked on next: the changes of one record one after another and in order, those of several
/// records side by side, failed ones again after a pause that grows.
///
/// Knows no clock: every moment is given, in milliseconds.
package struct Dispatcher: Sendable {
    /// Pauses after failures, in milliseconds: the first, and the longest.
    package static let pauses: (first: Int64, longest: Int64) = (1_000, 60_000)

    private struct Lane {
        /// The first one is worked on, or waits for being so.
        var waiting: [Position]
        var isRunning = false
        var failures = 0
        /// Since when the first one could be worked on, or from when on it can be.
        var readySince: Int64
        /// The first one has failed, and is left for another time.
        var isGivenUp = false
    }

    private let parallel: Int
    private let retries: Bool
    private var lanes: [RecordName: Lane] = [:]
    package private(set) var runningCount = 0

    /// - Parameters:
    ///   - parallel: Changes worked on at once, at most.
    ///   - retries: Whether a change that failed is tried again; otherwise it, and all later ones of its record, stay
    ///     unfinished.
    package init(parallel: Int, retries: Bool) {
        self.parallel = parallel
        self.retries = retries
    }

    /// Changes that are not done.
    package private(set) var count = 0

    package mutating func add(_ position: Position, of name: RecordName, now: Int64) {
        lanes[name, default: Lane(waiting: [], readySince: now)].waiting.append(position)
        count += 1
    }

    /// Takes out the next change to work on; `nil` if there is none now.
    package mutating func next(now: Int64) -> (position: Position, name: RecordName)? {
        guard runningCount < parallel,
            let (name, lane) = lanes.filter({ !$0.value.isRunning && !$0.value.isGivenUp && $0.value.readySince <= now }
            )
            .min(by: { ($0.value.readySince, $0.value.waiting[0]) < ($1.value.readySince, $1.value.waiting[0]) })
        else { return nil }
        lanes[name]?.isRunning = true
        runningCount += 1
        return (lane.waiting[0], name)
    }

    /// Notes how the work on a record's change has ended.
    ///
    /// - Returns: After a failure, the milliseconds until it is tried again.
    @discardableResult
    package mutating func finish(_ name: RecordName, succeeded: Bool, now: Int64) -> Int64? {
        guard var lane = lanes[name], lane.isRunning else { return nil }
        runningCount -= 1
        lane.isRunning = false
        if succeeded {
            lane.waiting.removeFirst()
            lane.failures = 0
            lane.readySince = now
            count -= 1
            lanes[name] = lane.waiting.isEmpty ? nil : lane
            return nil
        }
        let pause = min(Self.pauses.first << Int64(min(lane.failures, 20)), Self.pauses.longest)
        lane.failures += 1
        lane.readySince = now + pause
        lane.isGivenUp = !retries
        lanes[name] = lane
        return retries ? pause : nil
    }

    /// When a change that failed is to be tried again, at the earliest; `nil` if none is.
    package func nextMoment(after now: Int64) -> Int64? {
        lanes.values.filter { !$0.isRunning && !$0.isGivenUp && $0.readySince > now }.map(\.readySince).min()
    }

    /// Whether nothing is being worked on or will be.
    package var isAtRest: Bool { runningCount == 0 && lanes.values.allSatisfy(\.isGivenUp) }

    /// All that is not done, in order.
    package var unfinished: [Position] { lanes.values.flatMap(\.waiting).sorted() }
}
