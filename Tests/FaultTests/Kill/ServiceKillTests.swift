import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("The service killed", .enabled(if: Fault.canInject, "strace is not installed"))
    struct ServiceKillTests {
        private static let calls = FaultReport.isLong ? Fault.durableCalls : Fault.changingCalls

        @Test("A service killed at any system call, its start included, loses and breaks nothing", arguments: calls)
        func kill(_ call: String) throws {
            var kills = 0
            for number in 1... {
                let site = try Site()
                let tally = Tally()
                let watcher = RecordWatcher(site)
                let service = try Service(site, faults: [.kill(at: call, number)], threads: 1, waits: false)
                if try service.waitUntilReady() {
                    for body in Self.bodies { _ = service.client.post(body, tally) }
                }
                let ending = try service.stop()
                let problems = try site.problemsAfterRestart(tally) + (try watcher.stop())
                #expect(problems.isEmpty, "after kill \(number) at \(call)")
                let wasKilled = ending == Ending.killed
                FaultReport.add(
                    "killed at a system call, serve", faults: wasKilled ? 1 : 0, acknowledged: tally.acknowledged,
                    problems: problems)
                if !wasKilled {
                    #expect(ending == 0)
                    #expect(tally.acknowledged == Self.bodies.count)
                    break
                }
                kills += 1
            }
            // One that tries nothing would pass.
            #expect(kills > 0 || ["syncfs", "sync_file_range", "ftruncate"].contains(call))
        }

        private static let bodies = [
            SentCallback("KH-1", "Pending").body, SentCallback("KH-1").body, SentCallback("KH-1").body,
            SentCallback.rejected, SentCallback("KH-2", "Gagal").body, SentCallback("KH-1", "Refund").body,
        ]
    }
}
