import Formats
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

extension Faults {
    /// On a disk that is slow and cold each file that is opened takes its time: what an answer waits for is counted.
    @Suite("Recovery under CGI", .enabled(if: Fault.canInject, "strace is not installed"))
    struct SlowDiskTests {
        private static let count = 1_500

        /// A site with many records since the checkpoint, of which nobody vouches for one.
        private func site(_ count: Int = SlowDiskTests.count) throws -> Site {
            let written = try Site()
            written.leavesDamage()
            let ledger = Ledger(path: written.data)
            for start in stride(from: 0, to: count, by: 250) {
                let commit = ledger.commit(
                    (start..<(start + 250)).map { number in
                        Submission(
                            Delivery(
                                body: Array(SentCallback("KH-\(number)").body.utf8), receivedAt: .now,
                                remoteAddress: "182.23.3.230"))
                    })
                #expect(commit.outcomes.count == 250)
            }
            return try written.copy()
        }

        /// The record files that one request opens before it answers, and after it.
        private func opened(_ site: Site, _ trxid: String) throws -> (before: Int, after: Int, output: String) {
            let trace = "\(site.root)/trace"
            let body = SentCallback(trxid).body
            let command = try site.command(FastCGIDoor.postVariables(body), body).behind([
                try ServerProgram.path("strace"), "-f", "-qqq", "-o", trace, "-e", "trace=openat,write", "-e",
                "signal=none",
            ])
            let output = String(decoding: try ChildProcess.run(command, seconds: 120).bytes, as: UTF8.self)
            let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            let answer = try #require(lines.firstIndex { $0.contains("write(1, ") })
            func count(_ lines: ArraySlice<Substring>) -> Int { lines.count { $0.contains(".json\"") } }
            return (count(lines[..<answer]), count(lines[answer...]), output)
        }

        @Test("An answer waits for its own record alone, and what is left is done once", .looksInside)
        func counted() throws {
            let site = try site()
            let first = try opened(site, "KH-1234")
            #expect(first.output.contains(#""result":"duplicate""#))
            #expect(first.before <= 3)
            #expect(first.after > 0)
            // On a busy machine that takes more than the time which the first has.
            try wait(for: "the end of recovery", seconds: 300) {
                try site.health().status == 200
                    && !String(decoding: site.bytes(of: "journal/.note") ?? [], as: UTF8.self).contains("unproven")
            }
            let second = try opened(site, "KH-1345")
            #expect(second.output.contains(#""result":"duplicate""#))
            #expect(second.before <= 2 && second.after == 0)
            // Nobody vouches once more. Now the checkpoint spares it all.
            try site.write([], to: "journal/.note")
            let third = try opened(site, "KH-99")
            #expect(third.output.contains(#""result":"duplicate""#))
            #expect(third.before + third.after <= 8)
            #expect(try site.verify().status == 0)
        }

        /// Time until one request is answered; its process may go on with recovery.
        private func time(_ site: Site, _ trxid: String, cold faults: [Fault]) throws -> (Duration, ChildProcess) {
            let body = SentCallback(trxid, "Refund").body
            let command = try site.command(FastCGIDoor.postVariables(body), body).behind(Fault.tracer(faults))
            let start = ContinuousClock.now
            let process = try ChildProcess(command)
            try wait(for: "an answer", seconds: 60) { process.output.contains(#""status":"ok""#) }
            return (ContinuousClock.now - start, process)
        }

        @Test(
            "39,000 records on a cold disk of 8 ms a read keep the first callback waiting for less than 5 s",
            .looksInside,
            .enabled(if: FaultReport.isLong && TestBinary.isRelease, "takes minutes, and a release build"))
        func timed() throws {
            let site = try site(39_000)
            try? site.remove("journal/.checkpoint")
            // A record that is opened takes two reads: its inode's and its own.
            let records = Fault(
                call: "openat", occurrence: .every, effect: .delay(16_000), path: "\(site.data)/transactions")
            // The journal is in memory once it was read, 64 KiB at a time, and so is what was read before it.
            let journalSize = site.names(in: "journal").filter { $0.hasSuffix(".jsonl") }
                .reduce(0) { $0 + (site.bytes(of: "journal/\($1)")?.count ?? 0) }
            #expect(journalSize > 10_000_000)
            let reads = 4 + journalSize / 65_536
            let journal = Fault(call: "pread64", occurrence: .range(1...reads), effect: .delay(8_000))
            let first = try time(site, "KH-20000", cold: [journal])
            let next = try (0..<8).map { try time(site, "KH-\($0 * 4_000 + 1)", cold: [records]) }
            for (_, process) in [first] + next { _ = try process.ending() }
            try wait(for: "the end of recovery", seconds: 300) {
                try site.health().status == 200
                    && !String(decoding: site.bytes(of: "journal/.note") ?? [], as: UTF8.self).contains("unproven")
            }
            let cached = try (0..<8).map { try time(site, "KH-\($0 * 4_000 + 2)", cold: []) }
            #expect(first.0 < .seconds(5))
            #expect(next.allSatisfy { $0.0 < .milliseconds(500) }, "\(next.map(\.0))")
            // The least of them: whatever else the machine does comes on top.
            #expect(cached.map(\.0).min().map { $0 < .milliseconds(50) } == true, "\(cached.map(\.0))")
            #expect(try site.verify().status == 0)
        }

        /// Each read takes so long that the whole journal takes seconds.
        @Test("A damaged record that is made anew from all of the journal keeps nobody else waiting")
        func remade() throws {
            let site = try site()
            let tally = Tally()
            #expect(try site.health().status == 200)
            try site.write([], to: "transactions/KH-5.json")
            let body = SentCallback("KH-5", "Refund").body
            let slow = try ChildProcess(
                try site.command(FastCGIDoor.postVariables(body), body).behind([
                    try ServerProgram.path("strace"), "-f", "-D", "-qqq", "-o", "/dev/null", "-e", "trace=pread64",
                    "-e",
                    "signal=none", "-e", "inject=pread64:delay_enter=500000",
                ]))
            var times: [Duration] = []
            while slow.isRunning {
                let start = ContinuousClock.now
                #expect(try site.post(SentCallback("other-\(times.count)"), tally).status == 200)
                times.append(ContinuousClock.now - start)
                // On a disk on which a read takes half a second nobody writes hundreds a second.
                usleep(50_000)
            }
            let answer = Answer(cgi: try slow.ending())
            #expect(answer.status == 200)
            #expect(site.record("KH-5")?.deliveries.count == 2)
            // Under the lock, three blocks of the journal and what is read around them would have kept all but one waiting.
            #expect(times.count >= 3)
            #expect(try site.problems(tally) == [])
        }
    }
}
