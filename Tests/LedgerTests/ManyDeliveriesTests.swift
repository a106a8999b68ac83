import KHOINS
import Testing

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
        #expect(story.record?.appliedUpTo == .test((count - 1) * 100))
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
                .test(body: Array("\(index)".utf8)), reading: .test(), at: .test(index * 100), to: story.record)
            #expect(folded.change == .none)
        }
    }
}
