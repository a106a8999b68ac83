import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

@Suite("A record of many deliveries")
struct ManyDeliveriesTests {
    @Test("keeps the first and the newest 32, and counts the others", arguments: [63, 64, 65, 66, 200])
    func limit(_ count: Int) {
        var story = Story()
        for index in 0..<count { story.deliver("\(index)", .success) }
        let kept = story.record?.deliveries.map { String(decoding: $0.body, as: UTF8.self) }
        let all = (0..<count).map { "\($0)" }
        #expect(kept == (count <= 64 ? all : Array(all.prefix(32) + all.suffix(32))))
        #expect(story.record?.omittedDeliveries == max(0, count - 64))
        #expect(story.record?.appliedUpTo == .test((count - 1) * 100 + 1))
    }

    @Test("still counts repeats of those that it keeps")
    func repeats() {
        var story = Story()
        for index in 0..<100 { story.deliver("\(index)", .success) }
        story.deliver("0", .success)
        story.deliver("99", .success)
        #expect(story.changes.suffix(2) == [.duplicate, .duplicate])
        #expect(story.record?.deliveries.first?.count == 2)
        #expect(story.record?.deliveries.last?.count == 2)
        #expect(story.record?.omittedDeliveries == 36)
    }

    @Test("changes nothing when old entries are applied again, kept or not")
    func idempotence() {
        var story = Story()
        for index in 0..<100 { story.deliver("\(index)", .success) }
        for index in 0..<100 {
            let folded = Record.applying(
                .test(body: Array("\(index)".utf8)), interpretation: .test(), at: .test(index * 100 + 1),
                to: story.record)
            #expect(folded.change == .none)
        }
    }

    @Test(
        "knows a repeat of one that it does not keep, and does not go back to what it says",
        arguments: [Status.success, .failed, .refunded, .unknown], [33, 40, 60])
    func omittedRepeat(_ status: Status, _ index: Int) throws {
        var story = Story()
        for index in 0..<100 { story.deliver("\(index)", index.isMultiple(of: 2) ? status : .failed) }
        story.deliver("last", .expired)
        let before = try #require(story.record)
        story.deliver("\(index)", index.isMultiple(of: 2) ? status : .failed)
        var expected = before
        expected.omittedRepeats = .init(count: 1, lastReceivedAt: .test(101), lastJournal: .test(10_101))
        #expect(story.changes.last == .duplicate)
        #expect(story.record == expected)
        #expect(expected.status == .expired && !expected.unclear)
        #expect(expected.deliveryCount == before.deliveryCount + 1)
        story.deliver("\(index)", .failed)
        #expect(story.record?.omittedRepeats?.count == 2)
        #expect(story.record?.omittedDeliveries == before.omittedDeliveries)
    }

    @Test("applies no entry about such a repeat twice")
    func omittedTwice() throws {
        var story = Story()
        for index in 0..<100 { story.deliver("\(index)", .success) }
        let delivery = Delivery.test(body: Array("50".utf8))
        let once = Record.applying(delivery, interpretation: .test(), at: .test(20_000), to: story.record)
        let twice = Record.applying(delivery, interpretation: .test(), at: .test(20_000), to: once.record)
        #expect(once.change == .duplicate && once.record.appliedUpTo == .test(20_000))
        #expect(twice.change == .none && twice.record == once.record)
    }

    @Test("forgets the oldest of more than 1,024 digests, and stays small")
    func digestLimit() throws {
        var story = Story()
        for index in 0..<1_200 { story.deliver("\(index)", .success) }
        let record = try #require(story.record)
        #expect(record.omittedDeliveries == 1_136 && record.omittedDigests.count == 1_024)
        var without = record
        without.omittedDigests = []
        #expect(record.json.count - without.json.count <= 11 << 10)
        #expect(try #require(Record(json: record.json)).omittedDigests == record.omittedDigests)
        // 32 is the oldest omitted one, of which 112 are forgotten.
        for (body, change) in [("143", Change.updated), ("145", .duplicate), ("1167", .duplicate)] {
            story.deliver(body, .success)
            #expect(story.changes.last == change, "\(body)")
        }
    }

    @Test("keeps no digest of a Pending, whose repeat changes nothing that is final")
    func pending() {
        var story = Story()
        for index in 0..<100 { story.deliver("\(index)", .pending) }
        #expect(story.record?.omittedDigests == [])
        story.deliver("end", .success)
        story.deliver("50", .pending)
        #expect(story.record?.status == .success && story.changes.last == .updated)
    }

    @Test("takes no body for a repeat that never came, and none for new that did", arguments: 0..<2)
    func random(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var story = Story()
        var seen: Set<Int> = []
        let statuses = Status.allCases.filter { $0 != .pending }
        var expected: Status?
        for _ in 0..<400 {
            let body = Int.random(in: 0..<200, using: &generator)
            let status = statuses[body % statuses.count]
            story.deliver("\(body)", status)
            let isNew = seen.insert(body).inserted
            if isNew, status.isFinal || expected == nil || expected == .unknown { expected = status }
            #expect(story.changes.last == (seen.count == 1 && isNew ? .created : isNew ? .updated : .duplicate))
            #expect(story.record?.status == expected)
        }
        // A record's file says all that the next delivery needs to know.
        #expect(story.record.flatMap { Record(json: $0.json) }?.json == story.record?.json)
    }
}
