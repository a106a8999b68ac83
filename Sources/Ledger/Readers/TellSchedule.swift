import Journal

/// Decides which entry the shop is told of next: those of one lane, which is one record's, one after another and in
/// order, those of several lanes side by side, failed ones again after a pause that grows.
///
/// Knows no clock: every moment is given, in milliseconds.
///
///     fresh    lanes that have not failed, in the order in which they came
///     later    lanes that have failed, by the time of their next try; they never take all the slots
///     running  lanes of which an entry is being told
package struct TellSchedule: Sendable {
    /// Pauses after failures, in milliseconds: the first, and the longest.
    package static let pauses: (first: Int64, longest: Int64) = (1_000, 900_000)

    /// The pause after so many failures in a row.
    package static func pause(after failures: Int) -> Int64 {
        min(pauses.first << Int64(min(max(failures - 1, 0), 20)), pauses.longest)
    }

    private enum State {
        case fresh
        case later
        case running
        /// Has failed, and is left for another run.
        case left
    }

    private struct Lane {
        var state: State
        /// The first one is told, or waits for that.
        var waiting: [Position]
        var failures = 0
        /// Since when the first one could be told, or from when on it can be.
        var readySince: Int64
    }

    /// What one slot works on: entries of different lanes.
    package struct Slot: Sendable {
        package var id: Int
        package var positions: [Position]
        /// They have failed before.
        package var areRetries: Bool
    }

    private let parallel: Int
    /// Slots for what has failed before, at most: what hangs there stops nothing that is new.
    private let parallelRetries: Int
    private let retries: Bool
    private var lanes: [UInt64: Lane] = [:]
    private var laneOf: [Position: UInt64] = [:]
    private var fresh = LaneQueue()
    private var later = LaneHeap()
    private var slots: [Int: (open: Int, areRetries: Bool)] = [:]
    private var nextSlot = 0

    /// - Parameters:
    ///   - parallel: Slots, which work side by side.
    ///   - retries: Whether an entry that failed is tried again; otherwise it, and all later ones of its lane, stay.
    package init(parallel: Int, retries: Bool) {
        self.parallel = parallel
        parallelRetries = max(1, parallel / 2)
        self.retries = retries
    }

    /// Entries that are not done.
    package var count: Int { laneOf.count }
    package var runningCount: Int { slots.count }
    /// Lanes that nothing keeps from being told now, but for the number of slots.
    package var hasFresh: Bool { !fresh.isEmpty }
    /// Whether nothing is being worked on or will be.
    package var isAtRest: Bool { slots.isEmpty && fresh.isEmpty && later.isEmpty }

    /// Whether what comes in this lane has to wait for something that failed.
    package func isHeldUp(_ lane: UInt64) -> Bool {
        lanes[lane].map { $0.failures > 0 || $0.state == .later || $0.state == .left } ?? false
    }

    package func contains(_ position: Position) -> Bool { laneOf[position] != nil }

    /// - Parameters:
    ///   - failures: How often it was tried; it is not before `moment` then.
    package mutating func add(_ position: Position, lane: UInt64, failures: Int = 0, at moment: Int64) {
        if laneOf.updateValue(lane, forKey: position) != nil { return }
        if var known = lanes[lane] {
            // What a cursor has kept comes in any order.
            let place = known.waiting.firstIndex { $0 > position } ?? known.waiting.count
            known.waiting.insert(position, at: known.state == .running ? max(place, 1) : place)
            if failures > known.failures, known.state != .running {
                known.failures = failures
                known.readySince = max(known.readySince, moment)
                known.state = .later
                later.push(lane, at: known.readySince)
            }
            lanes[lane] = known
            return
        }
        lanes[lane] = Lane(
            state: failures > 0 ? .later : .fresh, waiting: [position], failures: failures, readySince: moment)
        if failures > 0 { later.push(lane, at: moment) } else { fresh.push(lane) }
    }

    /// Forgets what is not being told just now and stands at `position` or behind it.
    package mutating func drop(from position: Position) {
        for (key, lane) in lanes where lane.waiting.contains(where: { $0 >= position }) {
            let isRunning = lane.state == .running
            let kept = lane.waiting.enumerated().filter { isRunning && $0.offset == 0 || $0.element < position }
            for dropped in lane.waiting where !kept.contains(where: { $0.element == dropped }) { laneOf[dropped] = nil }
            lanes[key]?.waiting = kept.map(\.element)
            if kept.isEmpty { lanes[key] = nil }
        }
    }

    /// Takes out what a free slot works on next; `nil` if there is no free one, or nothing for it now.
    ///
    /// - Parameter limits: Entries for one slot, at most.
    package mutating func next(now: Int64, limits: (fresh: Int, retries: Int) = (1, 1)) -> Slot? {
        guard slots.count < parallel else { return nil }
        let (late, new) = (laterHead(now), freshHead)
        let isRetry = late.map { late in new.map { late.readySince < $0.readySince } ?? true } ?? false
        let limit = isRetry ? limits.retries : limits.fresh
        var positions: [Position] = []
        while positions.count < limit, let lane = isRetry ? laterHead(now)?.lane : freshHead?.lane {
            if isRetry { later.pop() } else { fresh.pop() }
            guard let first = lanes[lane]?.waiting.first else { continue }
            lanes[lane]?.state = .running
            positions.append(first)
        }
        if positions.isEmpty { return nil }
        nextSlot += 1
        slots[nextSlot] = (positions.count, isRetry)
        return Slot(id: nextSlot, positions: positions, areRetries: isRetry)
    }

    /// The first fresh lane that is still what it was when it was put there.
    private var freshHead: (lane: UInt64, readySince: Int64)? {
        mutating get {
            while let lane = fresh.first {
                if let known = lanes[lane], known.state == .fresh { return (lane, known.readySince) }
                fresh.pop()
            }
            return nil
        }
    }

    private mutating func laterHead(_ now: Int64) -> (lane: UInt64, readySince: Int64)? {
        guard slots.values.count(where: \.areRetries) < parallelRetries else { return nil }
        while let head = later.first {
            if let known = lanes[head.lane], known.state == .later, known.readySince == head.moment {
                return head.moment <= now ? (head.lane, head.moment) : nil
            }
            later.pop()
        }
        return nil
    }

    /// An entry is done: it was told, or is given up.
    package mutating func succeed(_ position: Position, of slot: Int, now: Int64) {
        close(slot)
        guard let key = laneOf.removeValue(forKey: position), var lane = lanes[key] else { return }
        lane.waiting.removeAll { $0 == position }
        lane.failures = 0
        lane.readySince = now
        lane.state = .fresh
        lanes[key] = lane.waiting.isEmpty ? nil : lane
        if !lane.waiting.isEmpty { fresh.push(key) }
    }

    /// An entry was not tried after all, and comes first again.
    package mutating func putBack(_ position: Position, of slot: Int, now: Int64) {
        close(slot)
        guard let key = laneOf[position], var lane = lanes[key] else { return }
        lane.state = lane.failures > 0 ? .later : .fresh
        lanes[key] = lane
        if lane.failures > 0 { later.push(key, at: lane.readySince) } else { fresh.pushFirst(key) }
    }

    /// An entry failed.
    ///
    /// - Parameter moment: When it is tried again.
    /// - Returns: All entries of its lane, which wait for that.
    package mutating func fail(_ position: Position, of slot: Int, until moment: Int64) -> [Position] {
        close(slot)
        guard let key = laneOf[position], var lane = lanes[key] else { return [] }
        lane.failures += 1
        lane.readySince = moment
        lane.state = retries ? .later : .left
        lanes[key] = lane
        if retries { later.push(key, at: moment) }
        return lane.waiting
    }

    /// Lets an entry that failed be tried again at `moment`, though its pause is not over.
    package mutating func hurry(_ position: Position, at moment: Int64) {
        guard let key = laneOf[position], lanes[key]?.state == .later else { return }
        lanes[key]?.readySince = moment
        later.push(key, at: moment)
    }

    private mutating func close(_ slot: Int) {
        guard let known = slots[slot] else { return }
        slots[slot] = known.open > 1 ? (known.open - 1, known.areRetries) : nil
    }

    /// When an entry that failed is to be tried again, at the earliest; `nil` if none is, or if there is no slot for it.
    package mutating func nextMoment(after now: Int64) -> Int64? {
        guard slots.count < parallel, slots.values.count(where: \.areRetries) < parallelRetries else { return nil }
        while let head = later.first {
            if let known = lanes[head.lane], known.state == .later, known.readySince == head.moment {
                return head.moment
            }
            later.pop()
        }
        return nil
    }
}

/// Lanes in the order in which they came.
private struct LaneQueue: Sendable {
    private var lanes: [UInt64] = []
    private var head = 0

    var isEmpty: Bool { head == lanes.count }
    var first: UInt64? { isEmpty ? nil : lanes[head] }

    mutating func push(_ lane: UInt64) { lanes.append(lane) }

    mutating func pushFirst(_ lane: UInt64) {
        if head > 0 {
            head -= 1
            lanes[head] = lane
        } else {
            lanes.insert(lane, at: 0)
        }
    }

    mutating func pop() {
        head += 1
        if head >= 1_024, head * 2 >= lanes.count {
            lanes.removeFirst(head)
            head = 0
        }
    }
}

/// Lanes by a moment, the earliest first: a binary heap.
private struct LaneHeap: Sendable {
    private var items: [(moment: Int64, lane: UInt64)] = []

    var isEmpty: Bool { items.isEmpty }
    var first: (moment: Int64, lane: UInt64)? { items.first }

    mutating func push(_ lane: UInt64, at moment: Int64) {
        items.append((moment, lane))
        var index = items.count - 1
        while index > 0, items[index].moment < items[(index - 1) / 2].moment {
            items.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop() {
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < items.count && items[child].moment < items[least].moment {
                least = child
            }
            if least == index { return }
            items.swapAt(index, least)
            index = least
        }
    }
}
