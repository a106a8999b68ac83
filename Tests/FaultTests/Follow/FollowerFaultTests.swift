import Foundation
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

extension Faults {
    @Suite("A follower under faults", .enabled(if: Fault.canInject, "strace is not installed"))
    struct FollowerFaultTests {
        /// What a command does to a cursor when a fault meets it. In each, KH-1 has three deliveries and KH-2 two; a shop
        /// that is broken takes none of KH-2's.
        enum Scenario: String, CaseIterable, CustomTestStringConvertible {
            case new = "a new cursor"
            case goesOn = "a cursor that goes on"
            case fails = "what fails is put off"
            case waited = "what was put off is told"
            case skip = "what waits is skipped"
            case rewind = "a cursor goes back"

            var testDescription: String { rawValue }

            /// The shop is broken, and what came first was told in that state.
            var hasPast: Bool { self != .new && self != .fails }
            var isBrokenInPast: Bool { self == .waited || self == .skip }

            var arguments: [String] {
                switch self {
                case .new, .goesOn, .fails, .waited: []
                case .skip: ["follow", "--skip", "KH-2", "--cursor", "shop", "--yes"]
                case .rewind: ["follow", "--rewind", "1d", "--cursor", "shop", "--yes"]
                }
            }
        }

        private static let first = [
            SentCallback("KH-1", "Pending"), SentCallback("KH-2", "Pending"), SentCallback("KH-1", "Success"),
        ]
        private static let second = [SentCallback("KH-2", "Gagal"), SentCallback("KH-1", "Refund")]

        /// Tells a shop that notes what it was told in a file beside the data.
        private func tell(_ site: Site, _ faults: [Fault] = []) throws -> Ending {
            let script = """
                [ "$KHOINS_TRXID" = KH-2 ] && [ -e '\(site.root)/broken' ] && exit 1
                echo "$KHOINS_POSITION $KHOINS_TRXID" >>'\(site.root)/told'
                """
            return try site.program(
                ["follow", "--exec", script, "--cursor", "shop", "--from", "start", "--once"], faults)
        }

        private func told(_ site: Site) -> [(position: Int, trxid: String)] {
            let text = FileManager.default.contents(atPath: "\(site.root)/told") ?? Data()
            return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 ? Int(words[0]).map { ($0, String(words[1])) } : nil
            }
        }

        private func setBroken(_ site: Site, _ isBroken: Bool) throws {
            let path = "\(site.root)/broken"
            if isBroken {
                try Data().write(to: URL(fileURLWithPath: path))
            } else {
                try? FileManager.default.removeItem(atPath: path)
            }
        }

        /// A directory in the state before the command, and what was told until then.
        private func template(_ scenario: Scenario) throws -> Site {
            let (site, tally) = (try Site(), Tally())
            for callback in Self.first { #expect(try site.post(callback, tally).status == 200) }
            if scenario.hasPast {
                try setBroken(site, scenario.isBrokenInPast)
                #expect(try tell(site).status == (scenario.isBrokenInPast ? 1 : 0))
            }
            for callback in Self.second { #expect(try site.post(callback, tally).status == 200) }
            return site
        }

        private func copy(_ template: Site, _ scenario: Scenario) throws -> Site {
            let site = try template.copy()
            // So that the journal is vouched for, as it mostly is.
            _ = try site.health()
            if FileManager.default.fileExists(atPath: "\(template.root)/told") {
                try FileManager.default.copyItem(atPath: "\(template.root)/told", toPath: "\(site.root)/told")
            }
            try setBroken(site, scenario == .fails)
            return site
        }

        private func act(_ scenario: Scenario, _ site: Site, _ faults: [Fault] = []) throws -> Ending {
            scenario.arguments.isEmpty ? try tell(site, faults) : try site.program(scenario.arguments, faults)
        }

        /// What is wrong once the command was run again, and the shop was told, without a fault.
        private func problems(_ scenario: Scenario, _ site: Site, before: Int) throws -> [String] {
            var problems: [String] = []
            try setBroken(site, false)
            let again = try act(scenario, site)
            // Of what was skipped by the first one, nothing waits any more.
            if again.status > (scenario == .skip ? 1 : 0) { problems.append("again: \(again)") }
            let last = try tell(site)
            if last.status != 0 { problems.append("at last: \(last)") }
            let told = told(site)
            var wanted: Set = [1, 2, 3, 4, 5]
            // Both are KH-2's: one waited, and the other one was not read yet, or waited behind it.
            if scenario == .skip { wanted.subtract([2, 4]) }
            if !wanted.isSubset(of: told.map(\.position)) { problems.append("lost: told only \(told)") }
            if scenario == .rewind, Set(told.dropFirst(before).map(\.position)) != wanted {
                problems.append("told again: \(told.dropFirst(before))")
            }
            for trxid in ["KH-1", "KH-2"] {
                var seen: [Int] = []
                for (position, id) in told where id == trxid && !seen.contains(position) { seen.append(position) }
                if seen != seen.sorted() { problems.append("out of order: \(told)") }
            }
            let report = try CursorReader(path: site.data).reports().first
            if report?.backlog != 0 { problems.append("left: \(String(describing: report))") }
            return problems
        }

        /// How often the command makes each call, in whichever of its processes makes it most often.
        private func counts(_ scenario: Scenario, _ template: Site) throws -> [String: Int] {
            let site = try copy(template, scenario)
            let log = "\(site.root)/calls"
            let calls = Fault.durableCalls.joined(separator: ",")
            let fault = try ServerProgram.path("strace")
            let command = Command(
                [fault, "-f", "-qqq", "-o", log, "-e", "trace=\(calls)", "-e", "signal=none", try TestBinary.path()]
                    + words(scenario, site), environment: site.environment())
            try ChildProcess.run(command)
            var counts: [String: Int] = [:]
            let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            // `1234  openat(AT_FDCWD, …`
            for line in text.split(separator: "\n") { counts[String(line.prefix { $0 != "(" }), default: 0] += 1 }
            var most: [String: Int] = [:]
            for (key, count) in counts {
                let call = String(key.split(separator: " ").last ?? "")
                most[call] = max(most[call] ?? 0, count)
            }
            return most
        }

        private func words(_ scenario: Scenario, _ site: Site) -> [String] {
            if !scenario.arguments.isEmpty { return scenario.arguments }
            let script =
                "[ \"$KHOINS_TRXID\" = KH-2 ] && [ -e '\(site.root)/broken' ] && exit 1; echo >>'\(site.root)/x'"
            return ["follow", "--exec", script, "--cursor", "shop", "--from", "start", "--once"]
        }

        @Test("leaves nothing untold when it is killed at any system call", arguments: Scenario.allCases)
        func killed(scenario: Scenario) throws {
            let template = try template(scenario)
            let counts = try counts(scenario, template)
            let before = told(template).count
            var kills = 0
            for call in FaultReport.isLong ? Fault.durableCalls : Fault.changingCalls {
                for number in 1..<(counts[call] ?? 0) + 1 {
                    let site = try copy(template, scenario)
                    let fault = Fault.kill(at: call, number)
                    if try act(scenario, site, [fault]).status == Ending.killed { kills += 1 }
                    let problems = try problems(scenario, site, before: before)
                    #expect(problems.isEmpty, "after \(fault)")
                    FaultReport.add(
                        "a follower, killed at a system call", faults: 1, acknowledged: 5, problems: problems)
                }
            }
            #expect(kills >= 3)
        }

        /// Whether an error of this call is tried also where time is short: what cannot be read for a moment must not be
        /// passed over.
        private func isTried(_ call: String, _ scenario: Scenario) -> Bool {
            FaultReport.isLong || Fault.changingCalls.contains(call) || call == "pread64" && scenario == .goesOn
        }

        @Test("leaves nothing untold when any system call fails", arguments: Scenario.allCases)
        func failing(scenario: Scenario) throws {
            let template = try template(scenario)
            let counts = try counts(scenario, template)
            let before = told(template).count
            var faults = 0
            for failing in FailingCall.all where isTried(failing.call, scenario) {
                for number in 1..<(counts[failing.call] ?? 0) + 1 {
                    for error in FaultReport.isLong ? failing.errors : Array(failing.errors.prefix(1)) {
                        let site = try copy(template, scenario)
                        let fault = Fault(call: failing.call, occurrence: .number(number), effect: .error(error))
                        let ending = try act(scenario, site, [fault])
                        // What a debug build's loader says is not the program's.
                        let isLoaded = !ending.errors.contains("error while loading shared libraries")
                        #expect(ending.status <= 2 || !isLoaded, "\(fault): \(ending)")
                        let problems = try problems(scenario, site, before: before)
                        #expect(problems.isEmpty, "after \(fault): \(ending)")
                        faults += 1
                        FaultReport.add(
                            "a follower, error of a system call", faults: 1, acknowledged: 5, problems: problems)
                    }
                }
            }
            #expect(faults >= 3)
        }
    }
}
