import Foundation
import TestSupport
import Testing

extension Faults {
    /// Somebody has the journal's lock and will not let it go.
    @Suite(
        "A holder that does not go on", .enabled(if: Fault.canInject, "strace is not installed"),
        .enabled(if: FaultReport.isLong, "waits for the lock, which takes its time"))
    struct HolderTests {
        enum Holder: CaseIterable {
            /// A process that was stopped while it committed.
            case stopped
            /// A process in a container that was frozen.
            case frozen
        }

        private static let holders = Holder.allCases.filter { $0 == .stopped || FrozenGroup.isPossible }

        @Test(
            "costs 503 within the time that the lock is waited for, is named by check, and loses nothing",
            arguments: holders)
        func held(_ holder: Holder) throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, threads: 4)
            for number in 0..<5 { #expect(service.client.post(SentCallback("KH-\(number)").body, tally).status == 200) }

            let body = SentCallback("KH-held").body
            let process: ChildProcess
            var group: FrozenGroup?
            switch holder {
            case .stopped:
                tally.sending(body)
                let stop = Fault(call: "fdatasync", occurrence: .number(1), effect: .signal("STOP"))
                process = try ChildProcess(
                    try site.command(FastCGIDoor.postVariables(body), body).behind(Fault.tracer([stop])))
            case .frozen:
                process = try ChildProcess(Command("flock", "--no-fork", "\(site.data)/journal/.lock", "sleep", "600"))
                group = try FrozenGroup(process)
            }
            try eventually("check that names the holder", within: 60) {
                let check = try site.program(["check"])
                return check.status == 1 && check.output.contains("process \(process.id) (") ? true : nil
            }
            try group?.freeze()

            let start = ContinuousClock.now
            let clients = Clients(8) { client, _ in
                service.client.post(SentCallback("KH-\(client)", "Refund").body, tally).status
            }
            try eventually("answers", within: 30) { (clients.statuses[503] ?? 0) >= 8 ? true : nil }
            // Those of one batch wait for 10 s, and may have come in just behind another.
            #expect(ContinuousClock.now - start < .seconds(28))
            #expect(clients.statuses[200] == nil && clients.statuses[nil] == nil)
            #expect(service.logged.contains("event=failed"))

            try group?.thaw()
            switch holder {
            case .stopped:
                // Who traces it stops it again at some calls.
                try eventually("end of the holder", within: 60) {
                    process.signal(SIGCONT)
                    return process.isRunning ? nil : true
                }
                tally.answered(body, Answer(cgi: try process.ending()))
            case .frozen: process.stop()
            }
            try eventually("callbacks that are filed", within: 60) { (clients.statuses[200] ?? 0) > 20 ? true : nil }
            try clients.stop()
            #expect(try service.stop() == 0)
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            FaultReport.add(
                "holder of the lock \(holder)", faults: 1, acknowledged: tally.acknowledged, problems: problems)
        }
    }
}

/// A control group of one process, which can be frozen as a container's is (cgroups(7), the freezer of version 1, or
/// version 2).
private final class FrozenGroup {
    private static let isFirstVersion = access("/sys/fs/cgroup/freezer", W_OK) == 0
    private static let root = isFirstVersion ? "/sys/fs/cgroup/freezer" : "/sys/fs/cgroup"
    private let path: String
    private let process: pid_t

    static let isPossible: Bool = {
        guard let process = try? ChildProcess(Command("sleep", "60")), let group = try? FrozenGroup(process) else {
            return false
        }
        return (try? group.freeze()) != nil
    }()

    init(_ process: ChildProcess) throws {
        path = "\(Self.root)/khoins-\(UUID().uuidString.prefix(8))"
        self.process = process.id
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try write("\(process.id)", to: "cgroup.procs")
    }

    deinit {
        try? thaw()
        try? "\(process)".write(toFile: "\(Self.root)/cgroup.procs", atomically: false, encoding: .utf8)
        rmdir(path)
    }

    func freeze() throws {
        try write(Self.isFirstVersion ? "FROZEN" : "1", to: Self.isFirstVersion ? "freezer.state" : "cgroup.freeze")
        let (file, word) = Self.isFirstVersion ? ("freezer.state", "FROZEN") : ("cgroup.events", "frozen 1")
        try eventually("frozen group", within: 10) {
            try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8).contains(word) ? true : nil
        }
    }

    func thaw() throws {
        try write(Self.isFirstVersion ? "THAWED" : "0", to: Self.isFirstVersion ? "freezer.state" : "cgroup.freeze")
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
    }
}
