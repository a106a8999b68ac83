import Foundation
import Testing

extension Faults {
    @Suite("Killed at every system call", .enabled(if: Fault.canInject, "strace is not installed"))
    struct KillTests {
        @Test("A process killed at any system call loses and breaks nothing", arguments: KillScenario.all)
        func kill(_ scenario: KillScenario) throws {
            let template = try Site()
            let past = Tally()
            try scenario.past(template, past)
            var kills = 0
            var acknowledged = 0
            for call in Fault.durableCalls {
                for number in 1... {
                    let site = try template.copy()
                    let tally = Tally(past)
                    try scenario.preparation(site, tally)
                    let watcher = RecordWatcher(site)
                    let fault = Fault.kill(at: call, number)
                    let wasKilled = try act(scenario.action, on: site, tally, fault)
                    if case .repair = scenario.action { _ = try site.verify(repair: true) }
                    let problems = try site.problemsAfterRestart(tally) + (try watcher.stop())
                    #expect(problems.isEmpty, "after \(fault)")
                    acknowledged += tally.acknowledged
                    FaultReport.add(
                        "killed at a system call, CGI", faults: wasKilled ? 1 : 0, acknowledged: tally.acknowledged,
                        problems: problems)
                    if !wasKilled { break }
                    kills += 1
                }
            }
            // One that tries nothing would pass.
            #expect(kills >= 10)
            print("\(scenario.testDescription): killed \(kills) times")
        }

        /// - Returns: Whether the fault hit.
        private func act(
            _ action: KillScenario.Action, on site: Site, _ tally: Tally, _ fault: Fault
        ) throws -> Bool {
            switch action {
            case .post(let body): try site.post(body, tally, faults: [fault]).wasKilled
            case .health: try site.health(faults: [fault]).wasKilled
            case .repair: try site.verify(repair: true, faults: [fault]).status == -SIGKILL
            }
        }
    }
}
