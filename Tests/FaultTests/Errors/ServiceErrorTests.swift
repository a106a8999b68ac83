import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Errors while serving", .enabled(if: Fault.canInject, "strace is not installed"))
    struct ServiceErrorTests {
        @Test("A service goes on by itself when a fault has gone", arguments: FailingCall.all)
        func goesOn(_ failing: FailingCall) throws {
            for error in failing.errors {
                let site = try Site()
                let tally = Tally()
                // In each of the two threads that commit; what happens at the start has happened in another.
                let range = failing.call == "openat" ? 48...54 : failing.call == "flock" ? 9...15 : 3...9
                let fault = Fault(call: failing.call, occurrence: .range(range), effect: .error(error))
                let service = try Service(site, faults: [fault], threads: 1)
                var statuses: [Int?] = []
                for number in 0..<100 {
                    let body =
                        number % 5 == 4
                        ? SentCallback.rejected : SentCallback("KH-\(number % 7)", serial: "\(number)").body
                    statuses.append(service.client.post(body, tally).status)
                }
                // Requests and answers pass through these calls too; where that fails, the peer gets no answer.
                let isShared = ["write", "pwrite64", "ftruncate"].contains(failing.call)
                let allowed: Set<Int?> = isShared ? [200, 400, 503, nil] : [200, 400, 503]
                #expect(Set(statuses).isSubset(of: allowed), "\(fault): \(statuses)")
                #expect(statuses.suffix(10).allSatisfy { $0 == 200 || $0 == 400 }, "\(fault): \(statuses)")
                #expect(!statuses.contains(503) || service.logged.contains("event=failed"), "\(fault)")
                let problems = try site.problems(tally)
                #expect(problems.isEmpty, "\(fault)")
                #expect(try service.stop() == 0)
                FaultReport.add(
                    "error of system calls, serve", faults: range.count, acknowledged: tally.acknowledged,
                    problems: problems)
            }
        }

        @Test("After a failed sync the journal goes on in a new file, for ever", arguments: ["EIO", "ENOSPC", "EINTR"])
        func abandonment(_ error: String) throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            let length = try #require(site.bytes(of: site.journalFiles[0])).count
            let fault = Fault(call: "fdatasync", occurrence: .number(1), effect: .error(error))
            #expect(try site.post(SentCallback("KH-2"), tally, faults: [fault]).status == 503)
            for serial in 0..<5 {
                #expect(try site.post(SentCallback("KH-3", serial: "\(serial)"), tally).status == 200)
            }
            let files = site.journalFiles
            #expect(files.count == 2)
            #expect(site.bytes(of: files[0])?.count == length)
            let head = String(decoding: site.bytes(of: files[1]) ?? [], as: UTF8.self).split(separator: "\n").first
            #expect(head?.contains(#""abandoned":"\#(files[0].dropFirst(8))","bytes":\#(length)}"#) == true)
            #expect(try site.problems(tally) == [])
        }

        @Test("A write that is cut short by a limit leaves no fragment behind")
        func shortWrite() throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            let length = try #require(site.bytes(of: site.journalFiles[0])).count
            // The file may grow by a part of the next line, so the kernel takes that part, and then nothing more.
            let prlimit = try #require(ServerProgram.find("prlimit"))
            for room in stride(from: 1, to: 200, by: 20) {
                let limits = [prlimit, "--fsize=\(length + room)"]
                let answer = try site.post(SentCallback("KH-2").body, tally, limits: limits)
                #expect(answer.status == 503)
                #expect(answer.log.contains("event=failed"))
                #expect(site.bytes(of: site.journalFiles[0])?.count == length)
            }
            #expect(try site.post(SentCallback("KH-2"), tally).status == 200)
            #expect(try site.problems(tally) == [])
        }

        @Test("Failures leave no descriptor open", .looksInside)
        func descriptors() throws {
            let site = try Site()
            let tally = Tally()
            let fault = Fault(call: "fdatasync", occurrence: .range(2...101), effect: .error("EIO"))
            let service = try Service(site, faults: [fault], threads: 1)
            _ = service.client.post(SentCallback("KH-1").body, tally)
            func count() -> Int {
                (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.id)/fd").count) ?? 0
            }
            let before = count()
            for _ in 0..<100 { _ = service.client.post(SentCallback("KH-1").body, tally) }
            #expect(before > 0 && count() <= before + 2)
        }
    }
}
