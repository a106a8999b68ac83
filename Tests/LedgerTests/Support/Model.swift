import KHOINS
import TestSupport

@testable import Ledger

/// What records must come to, said once more without any of the ledger's code.
struct Model {
    struct Entry: Equatable {
        var status: Status
        var isReversed = false
        /// How often each body came, in the order of their first coming.
        var counts: [Int] = []
        var isExpected = false
        var bodies: [[UInt8]] = []
    }

    private(set) var entries: [String: Entry] = [:]

    /// - Returns: What the ledger must say that this changed.
    mutating func deliver(_ trxid: String, _ status: Status, body: [UInt8]) -> Change {
        guard var entry = entries[trxid] else {
            entries[trxid] = Entry(status: status, counts: [1], bodies: [body])
            return .created
        }
        defer { entries[trxid] = entry }
        if let index = entry.bodies.firstIndex(of: body) {
            entry.counts[index] += 1
            return .duplicate
        }
        entry.bodies.append(body)
        entry.counts.append(1)
        if status.isFinal || !entry.status.isFinal {
            if entry.status.isFinal, status != entry.status { entry.isReversed = true }
            entry.status = status
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
            status: record.status, isReversed: record.reversed, counts: record.deliveries.map(\.count),
            isExpected: record.expected != nil, bodies: record.deliveries.map(\.body))
    }
}

/// One random thing that happens, out of few enough that they meet.
struct RandomStep {
    var trxid: String
    /// `nil` for an expectation.
    var status: Status?
    var text: String

    init(using generator: inout SeededGenerator) {
        trxid = "KH-\(Int.random(in: 1...4, using: &generator))"
        let isExpectation = Int.random(in: 0..<8, using: &generator) == 0
        status = isExpectation ? nil : Status.allCases.randomElement(using: &generator)
        text = "\(Int.random(in: 0...2, using: &generator))"
    }

    var submission: Submission {
        if let status { .test(trxid, status.rawValue, text: text) } else { .expecting(trxid) }
    }

    func apply(to model: inout Model) -> Change {
        guard let status else { return model.expect(trxid) }
        return model.deliver(trxid, status, body: callbackBody(trxid, status.rawValue, text: text))
    }
}
