import KHOINS
import TestSupport
import Testing

@testable import Ledger

@Suite("An expected record")
struct ExpectedRecordTests {
    @Test("is pending until a callback sets it, and remembers what was ordered")
    func before() {
        var story = Story()
        story.expect()
        #expect(story.record?.status == .pending)
        #expect(story.record?.deliveries == [])
        #expect(story.record?.appliedUpTo == .test(1))
        story.deliver("a", .success)
        #expect(story.changes == [.created, .updated])
        #expect(story.record?.status == .success)
        #expect(story.record?.reversed == false)
        #expect(story.record?.callback.product == "TH10")
        #expect(story.record?.callback.destination == "0812000111")
        #expect(story.record?.expected == Record.Expected(at: .test(), journal: .test(1)))
    }

    @Test("is not touched by an expectation that comes after the callback", arguments: Status.allCases)
    func after(_ status: Status) {
        var story = Story()
        story.deliver("a", status)
        let before = story.record
        story.expect()
        #expect(story.changes == [.created, .none])
        #expect(story.record == before)
    }

    @Test("keeps the first of two expectations")
    func twice() {
        var story = Story()
        story.expect()
        let before = story.record
        story.expect(product: "XL5", destination: nil)
        #expect(story.changes == [.created, .none])
        #expect(story.record == before)
    }

    @Test("takes over what a callback says of the order")
    func contradiction() {
        var story = Story()
        story.expect()
        var callback = Callback.test(.success)
        callback.product = "TH20"
        story.deliver("a", callback)
        #expect(story.record?.callback.product == "TH20")
        #expect(story.record?.callback.destination == "0812000111")
    }
}
