import Foundation
import TestSupport
import Testing

extension Faults {
    /// What cannot be opened or read concerns those callbacks alone that need it.
    @Suite("Errors of opening and reading", .enabled(if: Fault.canInject, "strace is not installed"))
    struct ReadErrorTests {
        /// Those that can come of a bad sector, of somebody else's file, of a file system that encodes names.
        private static let errors = ["EIO", "EACCES", "ENAMETOOLONG"]
        private static let calls = ["openat", "pread64"]

        /// A pending record and a final one, an archived one, a rejected delivery, a checkpoint before the last of them, and
        /// a callback whose process was killed; as a power cut leaves it, when nobody vouches for anything.
        private static func past(_ tally: Tally) throws -> Site {
            let site = try Site()
            site.leavesDamage()
            _ = try site.post(SentCallback("KH-A"), tally)
            try site.run(["archive", "--older-than", "0s"])
            for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-2")] {
                _ = try site.post(callback, tally)
            }
            _ = try site.post(SentCallback.rejected, tally)
            _ = try site.post(SentCallback("KH-3"), tally, faults: [.kill(at: "linkat", 1)])
            return site
        }

        /// Whether a call that failed is about a directory itself, about nothing in the data directory, or makes something:
        /// all of that concerns everybody.
        static func concernsEverybody(_ call: String, in site: Site) -> Bool {
            if call.contains("O_DIRECTORY") || call.contains("O_TMPFILE") { return true }
            if call.contains("O_CREAT"), !call.contains("\".lock\"") { return true }
            return !call.contains("<\(site.data)")
        }

        /// What is wrong with an answer to a callback that needs none of the files there are.
        static func problem(_ answer: Answer, _ failed: [String], in site: Site) -> String? {
            if answer.status == 200 { return nil }
            let isAllowed = failed.contains { concernsEverybody($0, in: site) } && [500, 503].contains(answer.status)
            return isAllowed ? nil : "\(answer.status ?? 0) because of \(failed): \(answer.log)"
        }

        @Test(
            "One of any call under CGI refuses no callback of another record", .looksInside, arguments: calls,
            FaultReport.isLong ? errors : Array(errors.prefix(1)))
        func cgi(_ call: String, _ error: String) throws {
            let past = Tally()
            let template = try Self.past(past)
            // A new record, and one whose file is read.
            for callback in [SentCallback("KH-4"), SentCallback("KH-2", "Refund")] {
                for number in 1... {
                    let site = try template.copy()
                    site.leavesDamage()
                    let tally = Tally(past)
                    let tracer = Tracer("\(site.root)/calls")
                    let fault = Fault(call: call, occurrence: .number(number), effect: .error(error))
                    let answer = try site.post(callback.body, tally, limits: try tracer.words([fault]))
                    let failed = tracer.failed
                    // The loader's, before the program itself.
                    if !failed.isEmpty, !failed.contains(where: { $0.contains(site.data) }) { continue }
                    #expect(Self.problem(answer, failed, in: site) == nil, "\(fault)")
                    let again = try site.post(callback, tally)
                    #expect(again.status == 200, "\(fault) \(failed): \(again.log)")
                    // What recovery could not read of the journal is looked at again before the checkpoint passes it.
                    if failed.contains(where: { $0.contains(".jsonl") }) {
                        #expect(try site.run(["archive", "--older-than", "2000-01-01"]) == 0)
                    }
                    let problems = try site.problems(tally)
                    #expect(problems.isEmpty, "\(fault) \(failed)")
                    FaultReport.add(
                        "error of opening or reading, CGI", faults: failed.isEmpty ? 0 : 1,
                        acknowledged: tally.acknowledged, problems: problems)
                    if failed.isEmpty { break }
                }
            }
        }

        /// A file that cannot be read for as long as the service runs.
        private static let files = [
            "transactions/KH-1.json", "journal/FILE", "journal/.checkpoint", "journal/.note", "rejected/FILE",
            "archive/FILE", "archive/.index",
        ]

        private func path(_ file: String, in site: Site) -> String {
            let folder = String(file.prefix { $0 != "/" })
            let name = site.names(in: folder).first { !$0.hasPrefix(".") } ?? ""
            return "\(site.data)/\(file.replacing("FILE", with: name))"
        }

        @Test(
            "Of one file, as long as they last, they concern that file alone while serving", .looksInside,
            arguments: files, errors)
        func serving(_ file: String, _ error: String) throws {
            // The note is replaced by one of the same name, which is no more readable: nobody could go on.
            if file == "journal/.note", error != "EIO" { return }
            let tally = Tally()
            let template = try Self.past(tally)
            let site = try template.copy()
            let path = path(file, in: site)
            let fault =
                error == "EIO"
                ? Fault(call: "pread64", occurrence: .every, effect: .error(error), path: path)
                : Fault(
                    call: "openat", occurrence: .every, effect: .error(error),
                    path: path.split(separator: "/").last.map(String.init))
            let service = try Service(site, threads: 2)
            let tracer = try Tracer("\(site.root)/calls").attached(to: service.process.id, [fault])
            for round in 0..<3 {
                for trxid in ["KH-1", "KH-2", "KH-\(round + 10)"] {
                    let body = SentCallback(trxid, "Refund", serial: "\(round)").body
                    #expect(service.client.post(body, tally).status == 200, "\(trxid): \(service.logged)")
                }
                let status = service.client.post(SentCallback("KH-A", "Refund", serial: "\(round)").body, tally).status
                #expect(status == 200 || status == 503 && file == "archive/FILE", "\(service.logged)")
                #expect(service.client.post("\(SentCallback.rejected) \(round)", tally).status == 400)
            }
            tracer.stop()
            for trxid in ["KH-1", "KH-2", "KH-A", "KH-20"] {
                let status = service.client.post(SentCallback(trxid, serial: "after").body, tally).status
                #expect(status == 200, "\(trxid) after it: \(service.logged)")
            }
            #expect(try service.stop() == 0)
            // It may have ended while it was moving the checkpoint: whoever comes next takes away what that has left.
            #expect(try site.post(SentCallback("KH-next"), tally).status == 200)
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            FaultReport.add(
                "a file that cannot be read, serve", faults: 1, acknowledged: tally.acknowledged, problems: problems)
        }
    }
}
