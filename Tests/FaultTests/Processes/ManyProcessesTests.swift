import Foundation
import Ledger
import System
import TestSupport
import Testing

extension Faults {
    @Suite("Many processes")
    struct ManyProcessesTests {
        @Test("Processes of all kinds on one directory, killed at random, make what the model makes")
        func all() throws {
            let site = try Site()
            let tally = Tally()
            let watcher = RecordWatcher(site)
            let service = try Service(site)
            let socket = try HandedOverSocket(site, name: "f")
            let kills = Locked(0)
            var workers = try (0..<4).map { _ in try socket.start(site, as: 0) }
            let direct = Clients(8) { client, turn in
                let body = Self.body(turn)
                if turn % 3 < 2 { return (try? site.post(body, tally))?.status }
                kills.withLock { $0 += 1 }
                try? site.postKilled(body, tally, after: UInt32.random(in: 0..<12_000))
                return nil
            }
            let served = Clients(4) { _, turn in service.client.post(Self.body(turn), tally).status }
            let spawned = Clients(8) { _, turn in socket.client.post(Self.body(turn), tally).status }
            for _ in 0..<(FaultReport.isLong ? 300 : 30) {
                usleep(UInt32.random(in: 20_000..<150_000))
                let index = Int.random(in: 0..<workers.count)
                workers[index].signal(SIGKILL)
                try workers[index].ending()
                kills.withLock { $0 += 1 }
                workers[index] = try socket.start(site, as: 0)
            }
            let statuses = [try direct.stop(), try served.stop(), try spawned.stop()]
            for worker in workers { worker.signal(SIGTERM) }
            for worker in workers { #expect(try worker.ending().status == 0) }
            #expect(try service.stop() == 0)
            for counts in statuses {
                #expect(Set(counts.keys).isSubset(of: [200, nil]), "\(counts)")
                #expect((counts[200] ?? 0) > 20)
            }
            // Only those of the killed may go without an answer.
            #expect(statuses[1][nil] == nil)

            var problems = try site.problemsAfterRestart(tally)
            problems += try watcher.stop()
            problems += try JournalModel(site).problems(site)
            #expect(problems.isEmpty)
            FaultReport.add(
                "many processes, killed at random", faults: kills.withLock { $0 }, acknowledged: tally.acknowledged,
                problems: problems)
        }

        private static let statuses = ["Pending", "Success", "Gagal", "Refund"]

        /// One of a few bodies, so that all processes meet on the same records; a record keeps 64 bodies at most.
        private static func body(_ turn: Int) -> String {
            SentCallback(
                "KH-\(Int.random(in: 0..<20))", statuses[Int.random(in: 0..<4)], serial: "\(Int.random(in: 0..<8))"
            ).body
        }
    }
}
