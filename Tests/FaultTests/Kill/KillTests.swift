import Foundation
import TestSupport
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
            for call in scenario.isLarge && !FaultReport.isLong ? Fault.changingCalls : Fault.durableCalls {
                for number in 1... {
                    let site = try template.copy()
                    let tally = Tally(past)
                    try scenario.preparation(site, tally)
                    let watcher = RecordWatcher(site)
                    let fault = Fault.kill(at: call, number)
                    let wasKilled = try act(scenario.action, on: site, tally, fault)
                    if case .command(let arguments, _) = scenario.action { try site.run(arguments) }
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

        private func run(
            _ arguments: [String], sending bodies: [String], on site: Site, _ tally: Tally, _ fault: Fault
        ) throws -> Bool {
            // Killed and run again, it may send all of them twice; unless it was killed, all of them count.
            for body in bodies + bodies { tally.sending(body) }
            let status = try site.run(arguments, faults: [fault])
            #expect(status == 0 || status == Ending.killed)
            if status == 0 { for body in bodies { tally.answered(body, Answer(whole: 200)) } }
            return status == Ending.killed
        }

        /// - Returns: Whether the fault hit.
        private func act(
            _ action: KillScenario.Action, on site: Site, _ tally: Tally, _ fault: Fault
        ) throws -> Bool {
            switch action {
            case .post(let body): try site.post(body, tally, faults: [fault]).wasKilled
            case .health: try site.health(faults: [fault]).wasKilled
            case .command(let arguments, let bodies): try run(arguments, sending: bodies, on: site, tally, fault)
            }
        }
    }
}
