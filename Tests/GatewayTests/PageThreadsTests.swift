import Formats
import Journal
import KHOINS
import Ledger
import Page
import System
import TestSupport
import Testing

@testable import Gateway

/// Callbacks need the threads that pages are made in.
struct PageThreadsTests {
    private static let key = String(repeating: "k3", count: 16)
    private static let pageCount = 2
    /// Browsers that ask at once.
    private static let browserCount = 6
    private static let milliseconds = 60_000

    private let log = CapturedLog()

    /// What happens, as the threads see it.
    private struct Seen {
        var underWay = 0
        var most = 0
        var statuses: [Int] = []
    }

    /// A signed-in browser's.
    private static var variables: [String: String] {
        let expiry = Timestamp.test.seconds + 60
        return [
            "REQUEST_URI": "/laporan/khoins/panel", "HTTPS": "on",
            "HTTP_COOKIE": "__Host-khoins=\(PageKeys([key]).cookie(for: Array(key.utf8), until: expiry))",
        ]
    }

    private func gateway(over scratch: Scratch) throws -> Gateway {
        try Ledger(path: scratch.data.path).prepare()
        let panel = Panel(keys: PageKeys([Self.key]), directory: scratch.data.path, zone: .wib, version: "1.2.3")
        return Gateway(
            access: AccessPolicy(tokens: [Token("s3cret")], ranges: []), maximumBody: 1000, log: log.log,
            panel: panel)
    }

    @Test("Two pages are made at once at most; who comes meanwhile is answered at once, and callbacks go on")
    func makesTwo() throws {
        let scratch = try Scratch(.plain)
        let gateway = try gateway(over: scratch)
        let seen = Locked(Seen())
        let begun = Semaphore()
        let goOn = Semaphore()
        let answered = Semaphore()
        // An overview asks whether callbacks can be stored: there it waits for the test.
        @Sendable func ask() {
            gateway.answer(.test("GET", Self.variables), arrival: .test) { _, _ in
                []
            } commit: { _, _ in
            } probe: {
                seen.withLock {
                    $0.underWay += 1
                    $0.most = max($0.most, $0.underWay)
                }
                begun.post()
                goOn.wait()
                seen.withLock { $0.underWay -= 1 }
                return nil
            } reply: { response in
                seen.withLock { $0.statuses.append(response.status.rawValue) }
                answered.post()
            }
        }
        for _ in 0..<Self.browserCount { try Thread.start(ask) }
        for _ in 0..<Self.pageCount { #expect(begun.wait(milliseconds: Self.milliseconds)) }
        for _ in Self.pageCount..<Self.browserCount { #expect(answered.wait(milliseconds: Self.milliseconds)) }
        #expect(seen.withLock { $0.statuses } == Array(repeating: 503, count: Self.browserCount - Self.pageCount))
        #expect(seen.withLock { $0.most } == Self.pageCount)

        var stored = 0
        gateway.answer(.test(), arrival: .test) { _, limit in
            Array(seedBody.prefix(limit))
        } commit: { _, completion in
            stored += 1
            completion(.success(.filed(trxid: "abc-123", memberid: nil, change: .created)))
        } probe: {
            nil
        } reply: { response in
            #expect(response.status == .ok)
        }
        #expect(stored == 1)

        // Enough for all, also where more of them wait than should.
        for _ in 0...Self.browserCount { goOn.post() }
        for _ in 0..<Self.pageCount { #expect(answered.wait(milliseconds: Self.milliseconds)) }
        #expect(seen.withLock { $0.statuses.suffix(Self.pageCount) } == [200, 200])
        // Their places are free again, a moment after the answer.
        try wait(for: "a free place") {
            ask()
            return seen.withLock { $0.statuses.last == 200 }
        }
        withExtendedLifetime(scratch) {}
    }

    @Test("Who has an answer may ask again at once: its place is free by then")
    func freesPlaces() throws {
        let scratch = try Scratch(.plain)
        let gateway = try gateway(over: scratch)
        let statuses = Locked<[Int]>([])
        // Each asks as soon as it has its answer, while the one before has not returned.
        @Sendable func ask(_ left: Int) {
            gateway.answer(.test("GET", Self.variables), arrival: .test) { _, _ in
                []
            } commit: { _, _ in
            } probe: {
                nil
            } reply: { response in
                statuses.withLock { $0.append(response.status.rawValue) }
                if left > 1 { ask(left - 1) }
            }
        }
        ask(Self.browserCount)
        #expect(statuses.withLock { $0 } == Array(repeating: 200, count: Self.browserCount))
        withExtendedLifetime(scratch) {}
    }
}
