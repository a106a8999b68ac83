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
        private func site() throws -> Site {
            let written = try Site()
            written.leavesDamage()
            let ledger = Ledger(path: written.data)
            for start in stride(from: 0, to: Self.count, by: 250) {
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

        @Test("An answer waits for its own record alone, and what is left is done once")
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
