import Formats
import Foundation
import Ledger
import System
import TestSupport
import Testing

@Suite("Many callbacks at once", .serialized, .needs("nginx"))
struct ConcurrencyTests {
    private static let clients = 16
    private static let posts = 50
    /// Fewer than clients and posts, so that most callbacks meet others with the same id.
    private static let ids = 40

    @Test("through nginx are all answered with 200, and every one is in its record")
    func overlappingIDs() throws {
        let installation = try WayIn.nginxUnix.open()
        let failures = Locked<[String]>([])
        let finished = DispatchSemaphore(value: 0)
        let door = try #require(installation.door as? HTTPDoor)
        for client in 0..<Self.clients {
            // Threads, because the posts block, and more of them than there are processors.
            Thread.detachNewThread {
                for post in 0..<Self.posts {
                    // Every id gets the same few bodies again and again, in an order of its own from each client.
                    let number = (client * 7 + post * 3) % (Self.ids * 2)
                    let request = Request(posting: Self.body(number))
                    let status = (try? door.send(request))?.status
                    if status != 200 { failures.withLock { $0.append("\(number): \(status ?? 0)") } }
                }
                finished.signal()
            }
        }
        for _ in 0..<Self.clients { finished.wait() }
        #expect(failures.withLock { $0 } == [], "\(installation.scratch.logs)")

        var sent: [Int: Int] = [:]
        for client in 0..<Self.clients {
            for post in 0..<Self.posts { sent[(client * 7 + post * 3) % (Self.ids * 2), default: 0] += 1 }
        }
        let data = installation.scratch.data
        #expect(data.names("transactions").count == Set(sent.keys.map { $0 % Self.ids }).count)
        for (number, count) in sent {
            let record = try data.json("transactions/KH-\(number % Self.ids).json")
            let delivery = record["deliveries"]?.array.first { $0.body == Array(Self.body(number).utf8) }
            #expect(delivery?["count"] == .number(count), "\(number)")
            #expect(record["status"] == "Success")
        }
        #expect(try data.journal().count == Self.clients * Self.posts)
        #expect(try data.findings() == [])
    }

    /// Two bodies for each id: a final one, and one that must never replace it.
    private static func body(_ number: Int) -> String {
        Body.short("KH-\(number % ids)", status: number < ids ? "Success" : "Pending")
    }
}
