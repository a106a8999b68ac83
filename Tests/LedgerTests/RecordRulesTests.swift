import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

/// A record as deliveries come in, one after another.
struct Story {
    var record: Record?
    var changes: [Change] = []
    private var step = 0

    /// A delivery, in which `body` stands for whatever tells one body from another.
    mutating func deliver(_ body: String, _ callback: Callback) {
        let delivery = Delivery.test(body: Array(body.utf8), at: .test(step))
        let folded = Record.applying(delivery, interpretation: callback, at: .test(step * 100 + 1), to: record)
        take(folded)
    }

    mutating func deliver(_ body: String, _ status: Status) { deliver(body, .test(status)) }

    mutating func expect(product: String? = "TH10", destination: String? = "0812000111") {
        let expectation = Expectation.test(product: product, destination: destination, at: .test(step))
        take(Record.applying(expectation, at: .test(step * 100 + 1), to: record))
    }

    private mutating func take(_ folded: (record: Record, change: Change)) {
        record = folded.record
        changes.append(folded.change)
        step += 1
    }
}

@Suite("A record")
struct RecordRulesTests {
    /// Deliveries as letters for bodies with their statuses, and what must come of them.
    struct Rule: Sendable, CustomTestStringConvertible {
        var deliveries: [(String, Status)]
        var status: Status
        var reversed = false
        var counts: [Int]
        /// The delivery that set the status.
        var setBy: Int

        var testDescription: String { deliveries.map { "\($0)=\($1)" }.joined(separator: " ") + " → \(status)" }
    }

    static let rules = [
        Rule(deliveries: [("a", .success)], status: .success, counts: [1], setBy: 0),
        Rule(deliveries: [("a", .unknown)], status: .unknown, counts: [1], setBy: 0),
        Rule(deliveries: [("a", .success), ("a", .success)], status: .success, counts: [2], setBy: 0),
        Rule(deliveries: [("a", .pending), ("b", .success)], status: .success, counts: [1, 1], setBy: 1),
        Rule(deliveries: [("a", .unknown), ("b", .failed)], status: .failed, counts: [1, 1], setBy: 1),
        Rule(deliveries: [("a", .pending), ("b", .unknown)], status: .unknown, counts: [1, 1], setBy: 1),
        Rule(deliveries: [("a", .unknown), ("b", .pending)], status: .pending, counts: [1, 1], setBy: 1),
        Rule(deliveries: [("a", .success), ("b", .pending)], status: .success, counts: [1, 1], setBy: 0),
        Rule(deliveries: [("a", .failed), ("b", .unknown)], status: .failed, counts: [1, 1], setBy: 0),
        Rule(deliveries: [("a", .refunded), ("b", .pending)], status: .refunded, counts: [1, 1], setBy: 0),
        Rule(deliveries: [("a", .success), ("b", .success)], status: .success, counts: [1, 1], setBy: 1),
        Rule(
            deliveries: [("a", .success), ("b", .failed)], status: .failed, reversed: true, counts: [1, 1], setBy: 1),
        Rule(
            deliveries: [("a", .failed), ("b", .success)], status: .success, reversed: true, counts: [1, 1], setBy: 1),
        Rule(
            deliveries: [("a", .success), ("b", .refunded)], status: .refunded, reversed: true, counts: [1, 1], setBy: 1
        ),
        Rule(
            deliveries: [("a", .expired), ("b", .success)], status: .success, reversed: true, counts: [1, 1], setBy: 1),
        Rule(
            deliveries: [("a", .success), ("b", .failed), ("a", .success)],
            status: .failed, reversed: true, counts: [2, 1], setBy: 1),
        Rule(
            deliveries: [("a", .pending), ("b", .success), ("a", .pending), ("b", .success), ("a", .pending)],
            status: .success, counts: [3, 2], setBy: 1),
        Rule(
            deliveries: [("a", .failed), ("b", .pending), ("c", .failed)],
            status: .failed, counts: [1, 1, 1], setBy: 2),
        Rule(
            deliveries: [("a", .failed), ("b", .success), ("c", .failed)],
            status: .failed, reversed: true, counts: [1, 1, 1], setBy: 2),
    ]

    @Test("follows the newest final status, and no repeat", arguments: rules)
    func status(_ rule: Rule) {
        var story = Story()
        for (body, status) in rule.deliveries { story.deliver(body, status) }
        #expect(story.record?.status == rule.status)
        #expect(story.record?.reversed == rule.reversed)
        #expect(story.record?.deliveries.map(\.count) == rule.counts)
        #expect(story.record?.receivedAt == .test(rule.setBy))
        var seen: Set<String> = []
        let changes = rule.deliveries.map { body, _ -> Change in
            if seen.isEmpty { seen.insert(body); return .created }
            return seen.insert(body).inserted ? .updated : .duplicate
        }
        #expect(story.changes == changes)
    }

    @Test("covers every pair of statuses", arguments: Status.allCases, Status.allCases)
    func pairs(_ first: Status, _ second: Status) {
        var story = Story()
        story.deliver("a", first)
        story.deliver("b", second)
        let stands = first.isFinal && !second.isFinal ? first : second
        #expect(story.record?.status == stands)
        #expect(story.record?.reversed == (first.isFinal && second.isFinal && first != second))
    }

    @Test("notes when and where the newest copy of a body came, and nothing else of it")
    func repeats() {
        var story = Story()
        story.deliver("a", .success)
        let before = story.record
        for _ in 0..<3 { story.deliver("a", .success) }
        var expected = before
        expected?.deliveries[0].count = 4
        expected?.deliveries[0].lastReceivedAt = .test(3)
        expected?.deliveries[0].lastJournal = .test(301)
        #expect(story.record == expected)
        #expect(story.record?.appliedUpTo == .test(301))
    }

    @Test("does not change when an entry is applied again, whichever it is")
    func idempotence() throws {
        let deliveries: [(String, Status)] = [("a", .pending), ("b", .success), ("a", .pending), ("c", .failed)]
        var records: [Record] = []
        for (index, (body, status)) in deliveries.enumerated() {
            let delivery = Delivery.test(body: Array(body.utf8), at: .test(index))
            records.append(
                Record.applying(delivery, interpretation: .test(status), at: .test(index * 100 + 1), to: records.last)
                    .record)
            for again in 0...index {
                let (body, status) = deliveries[again]
                let folded = Record.applying(
                    .test(body: Array(body.utf8), at: .test(again)), interpretation: .test(status),
                    at: .test(again * 100 + 1),
                    to: records.last)
                #expect(folded.change == .none)
                #expect(folded.record == records.last)
            }
        }
    }

    @Test("takes the journal's order for the order of things, though the clock was set back")
    func clock() {
        var record: Record?
        for (index, status) in [Status.success, .failed].enumerated() {
            let delivery = Delivery.test(body: [UInt8(index)], at: .test(-3600 * index))
            record =
                Record.applying(delivery, interpretation: .test(status), at: .test(index * 100 + 1), to: record).record
        }
        #expect(record?.status == .failed)
        #expect(record?.receivedAt == .test(-3600))
        #expect(record?.deliveries.map(\.status) == [.success, .failed])
    }

    @Test("keeps product and destination through reports that leave them out")
    func order() {
        var story = Story()
        var first = Callback.test(.pending)
        first.product = "TH10"
        first.destination = "0812000111"
        first.price = 10_155
        story.deliver("a", first)
        story.deliver("b", .failed)
        #expect(story.record?.callback.product == "TH10")
        #expect(story.record?.callback.destination == "0812000111")
        #expect(story.record?.callback.price == nil)
    }

    @Test("keeps a serial number through a shorter report of the same status, not through another status")
    func serialNumber() {
        var story = Story()
        var first = Callback.test(.success)
        first.serialNumber = "0124000000001"
        story.deliver("a", first)
        story.deliver("b", .success)
        #expect(story.record?.callback.serialNumber == "0124000000001")
        story.deliver("c", .failed)
        #expect(story.record?.callback.serialNumber == nil)
        story.deliver("d", first)
        #expect(story.record?.callback.serialNumber == "0124000000001")
    }

    @Test("keeps all that a second report of the same outcome does not say", arguments: Status.allCases)
    func sameOutcome(_ status: Status) {
        var first = Callback.test(status)
        first.serialNumber = "0124000000001"
        first.price = 10_155
        first.reason = "ket"
        first.balance = -9_858_221
        first.providerTime = "2026-11-22T15:18:32+07:00"
        first.text = "R#abc-123"
        var story = Story()
        story.deliver("a", first)
        story.deliver("b", status)
        #expect(story.record?.callback == first)
        story.deliver("c", status == .failed ? .expired : .failed)
        if status.isFinal {
            let other = story.record?.callback
            #expect(other?.serialNumber == nil && other?.balance == nil && other?.text == nil)
        }
    }

    @Test(
        "loses no serial number to a placeholder",
        arguments: ["-", "0", "null", "NULL", "kosong", "Kosong.", " - ", "--", "000000", "n/a", "nil"])
    func placeholder(_ placeholder: String) {
        var callback = Callback.test(.success)
        callback.serialNumber = "1234-5678/NAMA"
        var story = Story()
        story.deliver("a", callback)
        callback.serialNumber = placeholder
        story.deliver("b", callback)
        #expect(story.record?.callback.serialNumber == "1234-5678/NAMA")
        callback.serialNumber = "0N0"
        story.deliver("c", callback)
        #expect(story.record?.callback.serialNumber == "0N0")
    }

    @Test("counts as far as numbers go, and no further")
    func saturation() throws {
        var story = Story()
        for index in 0..<64 { story.deliver("\(index)", .success) }
        var record = try #require(story.record)
        record.deliveries[0].count = .max
        record.deliveries[1].count = .min
        record.omittedDeliveries = .max
        record.omittedRepeats = .init(count: .max, lastReceivedAt: .test(), lastJournal: .test(1))
        story.record = Record(json: record.json)
        #expect(story.record != nil)
        for body in ["0", "1", "new", "32", "32"] { story.deliver(body, .success) }
        let counted = try #require(story.record)
        #expect(counted.deliveries[0].count == .max && counted.deliveries[1].count == .min + 1)
        #expect(counted.omittedDeliveries == .max && counted.omittedRepeats?.count == .max)
        #expect(counted.deliveryCount < .max)
    }
}
