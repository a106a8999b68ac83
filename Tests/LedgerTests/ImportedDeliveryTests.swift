import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

@Suite("A delivery that was imported")
struct ImportedDeliveryTests {
    /// What a delivery says, and the second in which it arrived; `imported` where it was taken in later.
    struct Step: Sendable {
        var status: Status
        var second: Int
        var isImported = false

        static func live(_ status: Status, _ second: Int) -> Step { Step(status: status, second: second) }

        static func imported(_ status: Status, _ second: Int) -> Step {
            Step(status: status, second: second, isImported: true)
        }
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        var steps: [Step]
        var status: Status
        /// The second of the delivery that set the status.
        var setAt: Int
        var reversed = false
        var unclear = false

        var testDescription: String {
            steps.map { "\($0.isImported ? "imported " : "")\($0.status) at \($0.second)" }.joined(separator: ", ")
        }
    }

    static let rules = [
        Rule(steps: [.imported(.success, 51)], status: .success, setAt: 51),
        // An older final leaves the status, and says that there was another.
        Rule(steps: [.live(.refunded, 66), .imported(.success, 51)], status: .refunded, setAt: 66, reversed: true),
        Rule(steps: [.live(.success, 66), .imported(.failed, 51)], status: .success, setAt: 66, reversed: true),
        Rule(steps: [.live(.success, 66), .imported(.success, 51)], status: .success, setAt: 66),
        Rule(steps: [.live(.success, 66), .imported(.pending, 51)], status: .success, setAt: 66),
        Rule(steps: [.live(.success, 66), .imported(.unknown, 51)], status: .success, setAt: 66),
        Rule(steps: [.live(.pending, 66), .imported(.unknown, 51)], status: .pending, setAt: 66),
        Rule(steps: [.imported(.failed, 66), .imported(.success, 51)], status: .failed, setAt: 66, reversed: true),
        // One that arrived later, or at the same time, is like any.
        Rule(steps: [.live(.success, 51), .imported(.refunded, 66)], status: .refunded, setAt: 66, reversed: true),
        Rule(steps: [.live(.success, 51), .imported(.failed, 51)], status: .failed, setAt: 51, reversed: true),
        Rule(steps: [.live(.success, 51), .imported(.unknown, 66)], status: .success, setAt: 51, unclear: true),
        Rule(steps: [.live(.success, 51), .imported(.pending, 66)], status: .success, setAt: 51),
        // What is not final gives way to what is, however old.
        Rule(steps: [.live(.pending, 66), .imported(.success, 51)], status: .success, setAt: 51),
        Rule(steps: [.live(.unknown, 66), .imported(.pending, 51)], status: .pending, setAt: 51),
        Rule(steps: [.live(.unknown, 66), .imported(.success, 51)], status: .success, setAt: 51, unclear: true),
        Rule(
            steps: [.live(.success, 51), .live(.unknown, 66), .imported(.pending, 60)], status: .success, setAt: 51,
            unclear: true),
        Rule(
            steps: [.live(.success, 51), .live(.unknown, 66), .imported(.refunded, 60)], status: .refunded, setAt: 60,
            reversed: true, unclear: true),
        Rule(
            steps: [.live(.success, 51), .live(.unknown, 66), .imported(.success, 70)], status: .success, setAt: 70),
        Rule(
            steps: [.live(.success, 51), .live(.pending, 66), .imported(.unknown, 60)], status: .success, setAt: 51),
        // A live one after it sets the status, whatever the clock says.
        Rule(steps: [.imported(.success, 99), .live(.failed, 66)], status: .failed, setAt: 66, reversed: true),
    ]

    private func folded(_ steps: [Step], throughFiles: Bool = false) -> Record? {
        var record: Record?
        for (index, step) in steps.enumerated() {
            var delivery = Delivery.test(body: [UInt8(index)], at: .test(step.second))
            delivery.imported = step.isImported
            record =
                Record.applying(delivery, interpretation: .test(step.status), at: .test(index * 100 + 1), to: record)
                .record
            if throughFiles { record = record.flatMap { Record(json: $0.json) } }
        }
        return record
    }

    @Test("arrived when it says", arguments: rules)
    func order(_ rule: Rule) throws {
        let record = try #require(folded(rule.steps))
        #expect(record.status == rule.status)
        #expect(record.receivedAt == .test(rule.setAt))
        #expect(record.reversed == rule.reversed)
        #expect(record.unclear == rule.unclear)
        #expect(record.deliveries.count == rule.steps.count)
        #expect(self.folded(rule.steps, throughFiles: true)?.json == record.json)
    }

    @Test("is compared with what a record's file says, which has milliseconds")
    func milliseconds() {
        let standing = Timestamp.test()
        var delivery = Delivery.test(body: [1], at: Timestamp(microseconds: standing.microseconds - 100))
        delivery.imported = true
        for throughFile in [false, true] {
            let first = Record.applying(
                .test(body: [0], at: standing), interpretation: .test(.success), at: .test(1), to: nil)
            let before = throughFile ? Record(json: first.record.json) : first.record
            let after = Record.applying(delivery, interpretation: .test(.failed), at: .test(100), to: before).record
            #expect(after.status == .failed)
        }
    }

    @Test("of before the reseller's own note sets the status all the same")
    func expected() {
        let noted = Record.applying(.test(at: .test(66)), at: .test(1), to: nil).record
        var delivery = Delivery.test(body: [1], at: .test(51))
        delivery.imported = true
        for status in Status.allCases {
            let after = Record.applying(delivery, interpretation: .test(status), at: .test(100), to: noted).record
            #expect(after.status == status && after.receivedAt == .test(51))
        }
    }

    @Test("that is a repeat does not take the time of the newest copy back")
    func repeats() {
        var delivery = Delivery.test(body: [0], at: .test(51))
        delivery.imported = true
        let first = Record.applying(.test(body: [0], at: .test(66)), interpretation: .test(), at: .test(1), to: nil)
            .record
        let again = Record.applying(delivery, interpretation: .test(), at: .test(100), to: first)
        #expect(again.change == .duplicate && again.record.deliveries[0].count == 2)
        #expect(again.record.deliveries[0].receivedAt == .test(66))
        #expect(again.record.deliveries[0].lastReceivedAt == .test(66))
        delivery.receivedAt = .test(70)
        let later = Record.applying(delivery, interpretation: .test(), at: .test(200), to: again.record).record
        #expect(later.deliveries[0].lastReceivedAt == .test(70))
    }

    @Test("and is older tells what the newer one of the same outcome left out, and replaces nothing")
    func fields() throws {
        var standing = Callback.test(.success)
        standing.price = 10_155
        var older = standing
        older.price = 9_000
        older.serialNumber = "0124000000001"
        older.product = "TH10"
        var delivery = Delivery.test(body: [1], at: .test(51))
        delivery.imported = true
        let first = Record.applying(.test(body: [0], at: .test(66)), interpretation: standing, at: .test(1), to: nil)
            .record
        let same = Record.applying(delivery, interpretation: older, at: .test(100), to: first).record.callback
        #expect(same.serialNumber == "0124000000001" && same.price == 10_155 && same.product == "TH10")
        older.status = .failed
        let other = Record.applying(delivery, interpretation: older, at: .test(100), to: first).record.callback
        #expect(other.serialNumber == nil && other.price == 10_155 && other.product == "TH10")
    }

    @Test("is recovered as such after a power cut")
    func recovery() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("KH-1", "Refund", at: .test(66)))
            let imported = folder.ledger().commit(.imported("KH-1", "Success", at: .test(51)))
            #expect(imported.map(\.change) == [.updated])
            let before = folder.recordFiles
            #expect(folder.record("transactions/KH-1.json")?.status == .refunded)
            for name in ["transactions", "journal/.lock"] { try folder.removeItem(name) }
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
        }
    }
}
