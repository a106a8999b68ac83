import Formats
import Foundation
import Journal
import KHOINS
import Ledger
import System
import TestSupport
import Testing

extension Faults {
    @Suite("Errors of system calls", .enabled(if: Fault.canInject, "strace is not installed"))
    struct ErrorTests {
        private static let success = SentCallback("KH-1").body

        @Test(
            "An error of any single call under CGI never makes a false 200, and is over with the request",
            arguments: FailingCall.all, [false, true])
        func cgi(_ failing: FailingCall, isFresh: Bool) throws {
            let template = try Site()
            let past = Tally()
            if !isFresh { _ = try template.post(SentCallback("KH-1", "Pending"), past) }
            let counter = try template.copy()
            if !isFresh { _ = try counter.health() }
            let count = try counter.callCounts(posting: Self.success)[failing.call] ?? 0
            guard count > 0 else { return }
            for error in failing.errors {
                for number in 1...count {
                    let site = try template.copy()
                    let tally = Tally(past)
                    if !isFresh { _ = try site.health() }
                    let fault = Fault(call: failing.call, occurrence: .number(number), effect: .error(error))
                    let answer = try site.post(Self.success, tally, faults: [fault])
                    #expect([200, 503, 500, nil].contains(answer.status), "\(fault)")
                    // Without an answer, it was the writing of the answer that failed.
                    #expect(answer.status != nil || failing.call == "write", "\(fault)")
                    #expect(answer.status == 200 || !answer.log.isEmpty || failing.call == "write", "\(fault)")
                    let again = try site.post(Self.success, tally)
                    #expect(again.status == 200, "\(fault): \(again.log)")
                    let problems = try site.problems(tally)
                    #expect(problems.isEmpty, "\(fault)")
                    FaultReport.add(
                        "error of a system call, CGI", faults: 1, acknowledged: tally.acknowledged, problems: problems)
                }
            }
        }

        /// Regression: the gap was cut off and its positions used again, and then the record, which held its entry
        /// already, took the next delivery for one that it had.
        @Test(
            "Entries of a killed process that cannot be made durable hide nothing that comes later",
            arguments: ["pwrite64:ENOSPC", "pwrite64:EIO", "fdatasync:EIO", "ftruncate:EIO", "fdatasync:EINTR"])
        func gap(_ failure: String) throws {
            let parts = failure.split(separator: ":").map(String.init)
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1", "Pending"), tally)
            // Killed on writing the note: the entry is in the journal and in its record, and acknowledged to nobody.
            let killed = try site.post(SentCallback("KH-1"), tally, faults: [.kill(at: "pwrite64", 2)])
            #expect(killed.wasKilled)
            let fault = Fault(call: parts[0], occurrence: .number(1), effect: .error(parts[1]))
            #expect(try site.post(SentCallback("KH-2"), tally, faults: [fault]).status == 503)
            #expect(try site.post(SentCallback("KH-1", "Refund"), tally).status == 200)
            #expect(site.record("KH-1")?.status.rawValue == "Refund")
            #expect(try site.problems(tally) == [])
        }
    }
}
