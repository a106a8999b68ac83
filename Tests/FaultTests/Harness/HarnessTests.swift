import Foundation
import TestSupport
import Testing

extension Faults {
    /// Tests of these tests: programs that are broken on purpose, from outside, must be found out.
    @Suite("The tests find a broken program", .enabled(if: Fault.canInject, "strace is not installed"))
    struct HarnessTests {
        @Test("A record renamed before it is written is found out")
        func unwrittenRecord() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.health()
            let watcher = RecordWatcher(site)
            // The first write(2) is that of the record.
            let fault = Fault(call: "write", occurrence: .number(1), effect: .value(1 << 20))
            #expect(try site.post(SentCallback("KH-1"), tally, faults: [fault]).status == 200)
            #expect(try site.problems(tally).contains { $0.hasPrefix("lost") })
            try eventually("sight of the half record", within: 10) { try site.problems(tally).isEmpty ? nil : true }
            #expect(try watcher.stop().isEmpty == false)
        }

        @Test("A record without its line in the journal is found out")
        func unwrittenJournal() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            let fault = Fault(call: "pwrite64", occurrence: .number(1), effect: .value(1 << 20))
            #expect(try site.post(SentCallback("KH-2"), tally, faults: [fault]).status == 200)
            #expect(try site.problems(tally).isEmpty == false)
        }

        @Test("A record that is not written at all is found out")
        func unlinkedRecord() throws {
            let site = try Site()
            let tally = Tally()
            #expect(try site.post(SentCallback("KH-1"), tally, faults: [.pretend("linkat")]).status == 200)
            #expect(try site.problems(tally).contains { $0.hasPrefix("lost") })
        }

        @Test("A record that does not take the place of the one before is found out")
        func unrenamedRecord() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1", serial: "1"), tally)
            let fault = Fault.pretend("renameat")
            #expect(try site.post(SentCallback("KH-1", serial: "2"), tally, faults: [fault]).status == 200)
            let problems = try site.problems(tally)
            #expect(problems.contains { $0.hasPrefix("lost") })
            #expect(problems.contains { $0.hasPrefix("left over") })
        }

        @Test("A delivery counted twice is found out")
        func twice() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            _ = try site.post(SentCallback("KH-1"), Tally())
            #expect(try site.problems(tally).contains { $0.hasPrefix("more than once") })
        }

        @Test("Processes without the lock are found out")
        func withoutLock() throws {
            try eventually("loss without the lock", within: 60) {
                let site = try Site()
                let tally = Tally()
                _ = try site.health()
                let clients = Clients(8) { client, turn in
                    let body = SentCallback("KH-\(turn % 3)", serial: "\(client)-\(turn)").body
                    return (try? site.post(body, tally, faults: [.pretend("flock")]))?.status
                }
                try clients.waitForAnswers(100)
                try clients.stop()
                let problems = try site.problemsAfterRestart(tally)
                return problems.contains { $0.hasPrefix("lost") } ? true : nil
            }
        }

        @Test(
            "Syncs left out are found out by a power cut",
            .enabled(if: Mount.Kind.ext4.isPossible, "ext4 cannot be mounted here"))
        func withoutSync() throws {
            let mount = try Mount(.ext4)
            let site = try Site(in: mount.path)
            let tally = Tally()
            let faults: [Fault] = [.pretend("fdatasync"), .pretend("fsync"), .pretend("syncfs")]
            for number in 0..<20 { _ = try site.post(SentCallback("KH-\(number)"), tally, faults: faults) }
            #expect(tally.acknowledged == 20)
            try mount.cutPower()
            try mount.unmount()
            try mount.mount()
            #expect(try site.problemsAfterRestart(tally).contains { $0.hasPrefix("lost") })
        }

        @Test("A program that refuses others for one file that it cannot read is found out", .looksInside)
        func refusesOthers() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            let tracer = Tracer("\(site.root)/calls")
            // What it needs is taken for one that it does not: the lock stands for a file of no account.
            let fault = Fault(call: "openat", occurrence: .every, effect: .error("EIO"), path: ".lock")
            let answer = try site.post(SentCallback("KH-2").body, tally, limits: tracer.words([fault]))
            #expect(answer.status == 503)
            #expect(ReadErrorTests.problem(answer, tracer.failed, in: site)?.contains(".lock") == true)
            // What is about the directory itself concerns everybody.
            let call = #"7 openat(3<\#(site.data)>, "journal", O_RDONLY|O_DIRECTORY) = -1 EIO (INJECTED)"#
            #expect(ReadErrorTests.problem(answer, [call], in: site) == nil)
        }

        @Test("A service that is silent for some time is found out")
        func silent() throws {
            let site = try Site()
            let silence = Silence()
            let fault = Fault(call: "fdatasync", occurrence: .number(4), effect: .delay(3_000_000))
            let service = try Service(site, faults: [fault], threads: 2)
            let clients = Clients(2) { client, turn in
                defer { silence.hear() }
                return service.client.post(SentCallback("KH-\(client)", serial: "\(turn)").body, Tally()).status
            }
            try clients.waitForAnswers(20)
            try clients.stop()
            #expect(silence.longest > 2)
        }

        @Test("A kill that comes too late, or never, is told from one that hits")
        func hits() throws {
            let site = try Site()
            let tally = Tally()
            #expect(try site.post(SentCallback("KH-1"), tally, faults: [.kill(at: "fdatasync", 1)]).wasKilled)
            #expect(try site.post(SentCallback("KH-1"), tally, faults: [.kill(at: "fdatasync", 99)]).status == 200)
        }
    }
}
