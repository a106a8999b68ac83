import Foundation
import KHOINS
import Ledger
import TestSupport
import Testing

extension Faults {
    @Suite("Refused system calls", .enabled(if: Fault.canInject, "strace is not installed"))
    struct RefusedCallTests {
        private static let calls = RefusedCall.all.filter { TestBinary.isRelease || !$0.isOfLoader }

        private func fault(_ call: String, _ error: String) -> Fault {
            // Some have another name, or none, on other processors.
            let names = call.split(separator: ",").map { "?\($0)" }.joined(separator: ",")
            return Fault(call: names, occurrence: .every, effect: .error(error))
        }

        @Test("under CGI have a fall-back, or are told of with the 503", arguments: calls)
        func cgi(_ refused: RefusedCall) throws {
            if refused.cgi == .isNotMade { return }
            for error in refused.errors {
                let site = try Site()
                let tally = Tally()
                let fault = fault(refused.call, error)
                for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-1")] {
                    let answer = try site.post(callback, tally, faults: [fault])
                    if refused.cgi == .fallsBack {
                        #expect(answer.status == 200, "\(fault): \(answer.log)")
                    } else {
                        #expect(answer.status == 503 || answer.status == 500, "\(fault)")
                        #expect(isSentence(answer.log), "\(fault): \(answer.log)")
                    }
                }
                try expectOrder(site, tally, fault)
            }
        }

        @Test("have a fall-back in a service, or are told of at its start, or with the 503", arguments: calls)
        func service(_ refused: RefusedCall) throws {
            for error in refused.errors {
                let site = try Site()
                let tally = Tally()
                let fault = fault(refused.call, error)
                let service = try Service(site, faults: [fault], threads: 2)
                for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-1")]
                where try service.waitUntilReady() {
                    let answer = service.client.post(callback.body, tally)
                    if refused.service == .fallsBack {
                        #expect(answer.status == 200, "\(fault): \(service.logged)")
                    } else if answer.status != 503 {
                        // The socket was there before the program saw that it cannot serve.
                        #expect(answer.status == nil)
                        #expect(try service.process.ending().status == 2, "\(fault): \(service.logged)")
                    }
                }
                let hasEnded = refused.service == .isTold && !service.process.isRunning
                #expect(try service.stop() == (hasEnded ? 2 : 0), "\(fault): \(service.logged)")
                if refused.service == .isTold { #expect(isSentence(service.logged), "\(fault): \(service.logged)") }
                try expectOrder(site, tally, fault)
            }
        }

        /// Whether a line says what was refused, in the C library's words.
        private func isSentence(_ log: String) -> Bool {
            let words = [
                "Function not implemented", "Operation not permitted", "Operation not supported", "cannot be used",
            ]
            return words.contains(where: log.contains)
        }

        /// The second callback, with nothing refused any more, and what was acknowledged.
        private func expectOrder(_ site: Site, _ tally: Tally, _ fault: Fault) throws {
            #expect(try site.post(SentCallback("KH-1"), tally).status == 200, "\(fault)")
            #expect(site.record("KH-1")?.status.rawValue == "Success", "\(fault)")
            #expect(try site.problems(tally) == [], "\(fault)")
        }

        /// All that came after an old kernel at once: what falls back may fall on the next thing that is missing.
        @Test(
            "of an old kernel, all together, keep nothing from being stored, shown and archived",
            arguments: ["", "memfd_create getrandom renameat2", "memfd_create getrandom renameat2 fcntl"])
        func oldKernel(more: String) throws {
            // What Linux 4.18 lacks, and before 4.13 the hints, and 3.10 the rest.
            let calls =
                "rseq close_range clone3 openat2 faccessat2 epoll_pwait2 statx copy_file_range preadv2 pwritev2 membarrier"
            let names = (calls + " " + more).split(separator: " ").map(String.init)
            let faults =
                names.map { fault($0, $0 == "fcntl" ? "EINVAL" : "ENOSYS") } + [fault("linkat", "ENOENT")]
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, faults: faults, threads: 2)
            for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-1")].map(\.body)
                + [SentCallback.rejected]
            {
                let status = service.client.post(callback, tally).status
                #expect(status == (callback == SentCallback.rejected ? 400 : 200), "\(service.logged)")
            }
            #expect(try site.post(SentCallback("KH-2"), tally, faults: faults).status == 200)
            #expect(try service.stop() == 0)
            for words in [["check"], ["list"], ["show", "KH-1"], ["stats"], ["follow", "--once"], ["verify"]] {
                let ending = try site.program(words, faults)
                #expect(ending.status == 0, "\(words): \(ending.output)\(ending.errors)")
            }
            #expect(try site.run(["archive", "--older-than", "0s"], faults: faults) == 0)
            #expect(try site.problems(tally) == [])
        }

        @Test("for files without a name have a fall-back", arguments: RefusedCall.errors + ["EACCES", "EISDIR"])
        func unnamedFile(error: String) throws {
            let site = try Site()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-0"), tally)
            let number = try site.number(ofCall: "openat", with: "O_TMPFILE", posting: SentCallback("KH-1").body)
            let fault = Fault(call: "openat", occurrence: .number(try #require(number)), effect: .error(error))
            for trxid in ["KH-2", "KH-3"] {
                #expect(try site.post(SentCallback(trxid), tally, faults: [fault]).status == 200)
            }
            #expect(site.record("KH-2") != nil)
            #expect(try site.problems(tally) == [])
        }

        @Test(
            "for syncing at once do without: the checkpoint moves, a large import ends, the archive is made",
            .enabled(if: TestBinary.isRelease, "a debug build takes minutes for it"),
            arguments: [
                ("syncfs", "ENOSYS"), ("sync_file_range", "EPERM"), ("syncfs", "EACCES"),
                ("syncfs,sync_file_range", "EOPNOTSUPP"), ("sync_file_range", "EINVAL"),
            ])
        func syncs(calls: String, error: String) throws {
            let site = try Site()
            let faults = [fault(calls, error)]
            let text = String(repeating: "x", count: 60_000)
            let lines = (0..<160).map { number in
                let head = #"{"time":"2026-01-02T03:04:05+07:00","remote_addr":"182.23.3.230","status":"502","body":"#
                let report = #"{\\\"status\\\":\\\"Success\\\",\\\"message\\\":\\\"\#(text)\\\"}"#
                return head + #""{\"refid\":\"OLD-\#(number)\",\"message\":\"\#(report)\"}"}"#
            }
            let log = "\(site.root)/log"
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: log))
            #expect(try site.run(["import", log], faults: faults) == 0)
            let checkpoint = String(decoding: site.bytes(of: "journal/.checkpoint") ?? [], as: UTF8.self)
            #expect(Int(checkpoint.prefix { $0.isNumber }) ?? 0 > 100)
            #expect(try site.run(["archive", "--older-than", "30d"], faults: faults) == 0)
            #expect(site.names(in: "transactions") == [])
            #expect(site.names(in: "archive").contains("2026-01.jsonl"))
            // A removed record that is made anew has to be brought to the disk too.
            _ = try site.post(SentCallback("KH-1"), Tally(), faults: faults)
            try site.remove("transactions/KH-1.json")
            #expect(try site.verify().status == 1)
            #expect(try site.verify(repair: true, faults: faults).status == 0)
            #expect(site.record("KH-1") != nil)
        }

        @Test(
            "of a follower, for being told and for starting commands, have a fall-back",
            arguments: ["inotify_init1", "inotify_add_watch", "memfd_create", "close_range", "rseq"])
        func follow(call: String) throws {
            let site = try Site()
            let tally = Tally()
            let words = [try TestBinary.path(), "follow", "--cursor", "c", "--exec", "echo $KHOINS_TRXID"]
            let faults = RefusedCall.errors.prefix(1).map { fault(call, $0) }
            let command = Command(words, environment: site.environment())
            let follower = try ChildProcess(command.behind(Fault.tracer(faults)))
            for number in 1...2 {
                _ = try site.post(SentCallback("KH-\(number)"), tally)
                try wait(for: "the command") { follower.errors.contains("KH-\(number)\n") }
            }
            follower.signal(SIGTERM)
            try follower.ending()
            #expect(try site.problems(tally) == [])
        }
    }
}
