import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import Operations
@testable import System

/// Tells a shop that is a closure.
private final class ImaginaryTeller: Teller {
    /// `nil` never has an outcome.
    private let answer: (Telling) -> TellOutcome?
    private(set) var told: [String] = []
    private(set) var most = 0
    private var open: [(slot: Int, telling: Telling)] = []

    init(_ answer: @escaping (Telling) -> TellOutcome?) { self.answer = answer }

    var noticesPerMinute: Int { 1 }
    var takesExpectations: Bool { false }
    func limit(areRetries: Bool) -> Int { 1 }
    var descriptors: [Int32] { [] }
    var nextMoment: Int64? { open.contains { answer($0.telling) != nil } ? 0 : nil }
    func subject(_ title: String) -> String { "the shop, told of \(title)," }

    func start(_ slot: TellSchedule.Slot, _ tellings: [Telling]) {
        open += tellings.map { (slot.id, $0) }
        most = max(most, open.count)
    }

    func collect(now: Int64) -> [(slot: Int, position: Position, outcome: TellOutcome)] {
        var outcomes: [(slot: Int, position: Position, outcome: TellOutcome)] = []
        open.removeAll { slot, telling in
            guard let outcome = answer(telling) else { return false }
            if case .told = outcome { told.append(telling.title) }
            outcomes.append((slot, telling.position, outcome))
            return true
        }
        return outcomes
    }
}

@Suite("Many that cannot be told")
struct ManyFailuresTests {
    private func storeMany(_ installation: FollowedDirectory, _ count: Int) {
        let submissions = (0..<count).map { number in
            Submission(
                Delivery(
                    body: Array(#"{"refid":"other-\#(number)","message":"{\"status\":\"Success\"}"}"#.utf8),
                    receivedAt: FollowedDirectory.time(0), remoteAddress: ""))
        }
        let ledger = Ledger(path: installation.data)
        for start in stride(from: 0, to: count, by: 500) {
            _ = ledger.commit(Array(submissions[start..<min(start + 500, count)]))
        }
    }

    private func tell(
        _ installation: FollowedDirectory, _ teller: any Teller, _ choices: ShopTelling.Choices
    ) throws -> Int {
        let source = try #require(try FollowSource(path: installation.data, cursor: "shop", from: .start))
        let wakeup = try FollowWakeup(path: installation.data)
        return try #require(try ShopTelling(source, wakeup, teller, parallel: 4, choices)).run()
    }

    @Test("hold up nobody else, and are kept with the cursor")
    func failing() throws {
        let installation = try FollowedDirectory()
        storeMany(installation, 6_000)
        installation.store("mine")
        let teller = ImaginaryTeller {
            $0.title == "mine" ? .told("200") : .failed(TellFailure(cause: "500", words: "answered 500"))
        }
        #expect(try tell(installation, teller, .init(once: true)) == 6_000)
        #expect(teller.told == ["mine"])
        let report = try #require(try CursorReader(path: installation.data).reports().first)
        #expect(report.waiting.count == 6_000 && report.entriesBehind == 0)
        #expect(report.cursor?.position == .first)
        // The next one tries them again, each for itself, and tells all of them once they can be.
        let second = ImaginaryTeller { _ in .told("200") }
        #expect(try tell(installation, second, .init(once: true)) == 0)
        #expect(second.told.count == 6_000)
        #expect(try CursorReader(path: installation.data).reports().first?.waiting.isEmpty == true)
        #expect(installation.exists("data/.cursors/shop.waiting.jsonl") == false)
    }

    @Test("leave slots to others though they hang, once each of them was tried")
    func hanging() throws {
        let installation = try FollowedDirectory()
        storeMany(installation, 40)
        let first = ImaginaryTeller { _ in .failed(TellFailure(cause: "500", words: "answered 500")) }
        #expect(try tell(installation, first, .init(once: true)) == 40)
        var isStored = false
        var isTold = false
        let second = ImaginaryTeller { telling in
            if telling.title == "mine" {
                isTold = true
                return .told("200")
            }
            // The others hang from their second try on, until mine is told.
            if !isStored { installation.store("mine") }
            isStored = true
            return isTold ? .failed(TellFailure(cause: "500", words: "answered 500")) : nil
        }
        #expect(try tell(installation, second, .init(untilIdle: 1_500)) == 0)
        #expect(second.told == ["mine"])
        #expect(second.most <= 4)
    }

    @Test("do not let a follower end that has something to tell, however slow it is")
    func ending() throws {
        let installation = try FollowedDirectory()
        storeMany(installation, 600)
        let teller = ImaginaryTeller { _ in .told("200") }
        // Nothing to do for no time at all is enough to end, and comes only when all is told.
        #expect(try tell(installation, teller, .init(untilIdle: 0)) == 0)
        #expect(teller.told.count == 600)
    }
}
