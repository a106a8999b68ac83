import KHOINSCallback
import Testing

@testable import Ledger

@Suite("A record behind whose final status something unreadable came")
struct UnclearTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        var deliveries: [(String, Status)]
        var status: Status
        var unclear: Bool
        var reversed = false

        var testDescription: String { deliveries.map { "\($0)=\($1)" }.joined(separator: " ") }
    }

    static let rules = [
        Rule(deliveries: [("a", .success), ("b", .unknown)], status: .success, unclear: true),
        Rule(deliveries: [("a", .refunded), ("b", .unknown), ("c", .unknown)], status: .refunded, unclear: true),
        Rule(deliveries: [("a", .unknown), ("b", .success)], status: .success, unclear: false),
        Rule(deliveries: [("a", .pending), ("b", .unknown)], status: .unknown, unclear: false),
        Rule(deliveries: [("a", .unknown), ("b", .unknown)], status: .unknown, unclear: false),
        Rule(deliveries: [("a", .success), ("b", .unknown), ("c", .pending)], status: .success, unclear: false),
        Rule(deliveries: [("a", .success), ("b", .unknown), ("c", .success)], status: .success, unclear: false),
        Rule(
            deliveries: [("a", .success), ("b", .unknown), ("c", .failed)], status: .failed, unclear: false,
            reversed: true),
        // A repeat only counts: it neither takes the mark away nor sets it.
        Rule(deliveries: [("a", .success), ("b", .unknown), ("a", .success)], status: .success, unclear: true),
        Rule(
            deliveries: [("a", .success), ("b", .unknown), ("c", .success), ("b", .unknown)], status: .success,
            unclear: false),
    ]

    @Test("is marked until the next delivery with a known word", arguments: rules)
    func mark(_ rule: Rule) throws {
        var story = Story()
        for (body, status) in rule.deliveries { story.deliver(body, status) }
        let record = try #require(story.record)
        #expect(record.status == rule.status && record.unclear == rule.unclear && record.reversed == rule.reversed)
        let text = String(decoding: record.json, as: UTF8.self)
        #expect(text.contains("\n  \"unclear\": true,\n") == rule.unclear)
        #expect(Record(json: record.json)?.unclear == rule.unclear)
    }

    @Test("is not made by the reseller's own note")
    func expected() {
        var story = Story()
        story.expect()
        story.deliver("a", .unknown)
        #expect(story.record?.status == .unknown && story.record?.unclear == false)
    }
}
