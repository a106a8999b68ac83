import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("The time of recovery")
    struct RecoveryTimeTests {
        private static let isReleaseBuild = ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"]?.isEmpty == false

        @Test(
            "Recovery of a journal without any record takes less than two seconds",
            .enabled(if: isReleaseBuild, "KHOINS_TEST_BINARY does not name a release build"),
            arguments: FaultReport.isLong ? [10_000, 50_000] : [10_000])
        func recovery(_ count: Int) throws {
            let written = try Site()
            let tally = Tally()
            let service = try Service(written, threads: 32)
            let clients = Clients(32) { client, turn in
                // A third of them are second callbacks of their trxid.
                let callback = SentCallback(
                    "KH-\(client)-\(turn / 3 * 2 + turn % 2)", turn % 3 == 2 ? "Refund" : "Success")
                return service.client.post(callback.body, tally).status
            }
            try clients.waitForAnswers(count, within: 120)
            try clients.stop()
            try service.stop()
            let site = try Site()
            try FileManager.default.createDirectory(atPath: site.data, withIntermediateDirectories: false)
            try FileManager.default.copyItem(atPath: "\(written.data)/journal", toPath: "\(site.data)/journal")
            try? site.remove("journal/.checkpoint")
            try? site.remove("journal/.lock")
            let start = ContinuousClock.now
            // With as few descriptors as a host may allow, so that no file stays open that need not.
            let answer = try site.health(limits: ["/usr/bin/prlimit", "--nofile=256"])
            let time = ContinuousClock.now - start
            #expect(answer.status == 200)
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            let bytes = site.journalFiles.reduce(0) { $0 + (site.bytes(of: $1)?.count ?? 0) }
            print("recovered \(tally.acknowledged) deliveries, \(bytes >> 20) MiB of journal, in \(time)")
            #expect(time < .seconds(count <= 10_000 ? 2 : 10))
            FaultReport.add(
                "recovery of \(count) deliveries", faults: 1, acknowledged: tally.acknowledged, problems: problems,
                note: "\(time.formatted(.units(allowed: [.milliseconds]))), \(bytes >> 20) MiB of journal")
        }
    }
}
