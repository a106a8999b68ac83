import KHOINSCallback

@testable import Ledger

/// What records must come to, said once more without any of the ledger's code.
struct Model {
    struct Entry: Equatable {
        var status: Status
        var isReversed = false
        var isUnclear = false
        /// How often each body came, in the order of their first coming.
        var counts: [Int] = []
        var isExpected = false
        var bodies: [[UInt8]] = []
    }

    /// When what stands arrived, and what all deliveries said that were no repeats, in the order of the journal.
    private struct Arrivals {
        var setAt: Int?
        var words: [(at: Int, status: Status)] = []
    }

    private(set) var entries: [String: Entry] = [:]
    private var arrivals: [String: Arrivals] = [:]

    /// - Returns: What the ledger must say that this changed.
    mutating func deliver(
        _ trxid: String, _ status: Status, body: [UInt8], at time: Int = 0, imported: Bool = false
    ) -> Change {
        guard var entry = entries[trxid] else {
            entries[trxid] = Entry(status: status, counts: [1], bodies: [body])
            arrivals[trxid] = Arrivals(setAt: time, words: [(time, status)])
            return .created
        }
        var arrived = arrivals[trxid] ?? Arrivals()
        defer {
            entries[trxid] = entry
            arrivals[trxid] = arrived
        }
        if let index = entry.bodies.firstIndex(of: body) {
            entry.counts[index] += 1
            return .duplicate
        }
        entry.bodies.append(body)
        entry.counts.append(1)
        let isLate = imported && (arrived.setAt.map { time < $0 } ?? false)
        // Of those that arrived at the same time, the last one counts.
        let behind = imported ? arrived.words.filter { $0.at > time } : []
        let newest = behind.reversed().max { $0.at < $1.at }?.status
        arrived.words.append((time, status))
        switch (status, entry.status.isFinal) {
        case (.unknown, _) where isLate: break
        case (_, true) where !status.isFinal:
            if !isLate, newest == nil { entry.isUnclear = status == .unknown }
        case (_, true) where isLate:
            if status != entry.status { entry.isReversed = true }
        default:
            if entry.status.isFinal, status != entry.status { entry.isReversed = true }
            entry.status = status
            entry.isUnclear = status.isFinal && newest == .unknown
            arrived.setAt = time
        }
        return .updated
    }

    mutating func expect(_ trxid: String) -> Change {
        if entries[trxid] != nil { return .none }
        entries[trxid] = Entry(status: .pending, isExpected: true)
        return .created
    }

    /// The same of a record.
    static func entry(_ record: Record) -> Entry {
        Entry(
            status: record.status, isReversed: record.reversed, isUnclear: record.unclear,
            counts: record.deliveries.map(\.count),
            isExpected: record.expected != nil, bodies: record.deliveries.map(\.body))
    }
}

/// One random thing that happens, out of few enough that they meet.
struct RandomStep {
    var trxid: String
    /// `nil` for an expectation.
    var status: Status?
    var text: String
    var second: Int
    var isImported: Bool

    init(using generator: inout SeededGenerator) {
        trxid = "KH-\(Int.random(in: 1...4, using: &generator))"
        let isExpectation = Int.random(in: 0..<8, using: &generator) == 0
        status = isExpectation ? nil : Status.allCases.randomElement(using: &generator)
        text = "\(Int.random(in: 0...2, using: &generator))"
        second = Int.random(in: 0..<12, using: &generator)
        isImported = Int.random(in: 0..<3, using: &generator) == 0
    }

    var submission: Submission {
        guard let status else { return .expecting(trxid) }
        var delivery = Delivery.test(trxid, status.rawValue, text: text, at: .test(second))
        delivery.imported = isImported
        return Submission(delivery)
    }

    func apply(to model: inout Model) -> Change {
        guard let status else { return model.expect(trxid) }
        return model.deliver(
            trxid, status, body: callbackBody(trxid, status.rawValue, text: text), at: second, imported: isImported)
    }
}
