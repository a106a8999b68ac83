import Foundation
import Ledger
import System
import TestSupport
import Testing

@Suite("Told to stop under load, serve", .serialized)
struct StopUnderLoadTests {
    private struct Tally {
        var filed: Set<String> = []
        /// Connections that were taken and never answered.
        var dropped = 0
    }

    @Test("answers every request that it has taken, and has filed what it answered")
    func answersAll() throws {
        let installation = try Installation.prepared()
        let address = Address.unix(installation.scratch.file("run/x.sock"))
        let process = try installation.serve(on: address)
        let tally = Locked(Tally())
        let finished = DispatchSemaphore(value: 0)
        let clients = 8
        for client in 0..<clients {
            Thread.detachNewThread {
                for post in 0... {
                    let id = "KH-\(client)-\(post)"
                    let request = Request(posting: Body.short(id))
                    // Refused: the socket has gone, and so will this client.
                    guard let exchange = try? FastCGIExchange(address) else { break }
                    exchange.begin(request.variables)
                    exchange.send(request.body)
                    let status = (try? exchange.end())?.status
                    tally.withLock {
                        if status == 200 { $0.filed.insert(id) } else { $0.dropped += 1 }
                    }
                }
                finished.signal()
            }
        }
        try wait(for: "load") { tally.withLock { $0.filed.count } >= 100 }
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
        for _ in 0..<clients { finished.wait() }
        let (filed, dropped) = tally.withLock { ($0.filed, $0.dropped) }
        #expect(dropped == 0)
        let names = Set(installation.scratch.data.names("transactions"))
        #expect(names.isSuperset(of: filed.map { "transactions/\($0).json" }))
        #expect(try installation.scratch.data.findings() == [])
    }
}
