import Foundation
import Ledger
import System
import TestSupport
import Testing

/// nginx keeps its connections to the handler, and a restart ends them.
@Suite("A restart of the handler behind nginx", .serialized, .needs("nginx"))
struct RestartBehindNginxTests {
    private static let clients = 8
    private static let restarts = 10

    private struct Tally {
        var statuses: [Int: Int] = [:]
        var filed: Set<String> = []
        var isOver = false

        var count: Int { statuses.values.reduce(0, +) }
    }

    @Test("fails no callback, though connections to it are kept")
    func restart() throws {
        let installation = try Installation.prepared()
        let (scratch, data) = (installation.scratch, installation.scratch.data)
        let socket = scratch.file("run/handler.sock")
        let listener = try StreamSocket(listeningOn: .unix(socket))
        var handler = try installation.passSocket(listener)
        try installation.nginx(handler: .unix(socket))
        try installation.waitUntilHealthy()
        let door = try #require(installation.door as? HTTPDoor)
        let tally = Locked(Tally())
        let finished = DispatchSemaphore(value: 0)
        for client in 0..<Self.clients {
            Thread.detachNewThread {
                for post in 0... {
                    if tally.withLock(\.isOver) { break }
                    let id = "KH-\(client)-\(post)"
                    let status = (try? door.send(Request(posting: Body.short(id))))?.status ?? 0
                    tally.withLock {
                        $0.statuses[status, default: 0] += 1
                        if status == 200 { $0.filed.insert(id) }
                    }
                }
                finished.signal()
            }
        }
        for _ in 0..<Self.restarts {
            let count = tally.withLock(\.count)
            try wait(for: "answers") { tally.withLock(\.count) >= count + 100 }
            handler.signal(SIGTERM)
            #expect(try handler.ending().status == 0)
            handler = try installation.passSocket(listener)
        }
        tally.withLock { $0.isOver = true }
        for _ in 0..<Self.clients { finished.wait() }
        #expect(tally.withLock { Set($0.statuses.keys) } == [200], "\(tally.withLock(\.statuses)) \(scratch.logs)")
        let filed = tally.withLock(\.filed)
        #expect(Set(data.names("transactions")) == Set(filed.map { "transactions/\($0).json" }))
        #expect(try data.findings() == [])
    }
}
