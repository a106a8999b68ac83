import Foundation
import Glibc
import TestSupport
import Testing

extension Faults {
    @Suite("Containers of one machine", .enabled(if: Namespace.areAvailable, "no namespaces can be made here"))
    struct NamespaceTests {
        /// A kernel that knows no write-life hints, so that the clocks have to tell.
        private static let withoutHints = Fault(call: "fcntl", occurrence: .every, effect: .error("EINVAL"))

        @Test(
            "What one stores is followed by another at once",
            arguments: Namespace.testable.map { (Namespace.host, $0) }
                + Namespace.testable.dropFirst().map { ($0, Namespace.host) })
        func follow(serving: Namespace, following: Namespace) throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, inside: serving, threads: 1)
            #expect(service.client.post(SentCallback("KH-0").body, tally).status == 200)
            let words = following.words + [try TestBinary.path(), "follow", "--json", "--from", "start"]
            let follower = try ChildProcess(Command(words, environment: site.environment()))
            for number in 1...3 {
                try wait(for: "the change") { follower.lines.count == number }
                #expect(service.client.post(SentCallback("KH-\(number)").body, tally).status == 200)
            }
            try wait(for: "the last change") { follower.lines.count == 4 }
            for process in [follower, service.process] { process.signal(SIGKILL) }
            #expect(try site.problems(tally) == [])
        }

        /// Whoever replays the journal makes the record anew that was removed.
        private func store(_ site: Site, _ tally: Tally, faults: [Fault] = []) throws {
            for number in 0..<3 {
                #expect(try site.post(SentCallback("KH-\(number)").body, tally, faults: faults).status == 200)
            }
            site.leavesDamage()
            try site.remove("transactions/KH-0.json")
        }

        private func isReplayed(_ site: Site) -> Bool { site.names(in: "transactions").contains("KH-0.json") }

        @Test("Neither a callback nor a command of one makes another replay the journal", arguments: Namespace.testable)
        func replay(other: Namespace) throws {
            let site = try Site()
            let tally = Tally()
            try store(site, tally)
            let bodies = "\(site.root)/bodies"
            for (number, namespace) in [other, .host, other].enumerated() {
                let body = SentCallback("C-\(number)").body
                #expect(try site.post(body, tally, limits: namespace.words).status == 200)
                #expect(try site.run(["expect", "E-\(number)"], inside: namespace) == 0)
                try Data((SentCallback("I-\(number)").body + "\n").utf8).write(to: URL(fileURLWithPath: bodies))
                #expect(try site.run(["import", bodies], inside: namespace) == 0)
                #expect(try site.run(["follow", "--once", "--cursor", "c"], inside: namespace) == 0)
                // It says what is missing.
                #expect(try site.run(["verify"], inside: namespace) == 1)
                #expect(!isReplayed(site), "\(namespace)")
            }
        }

        @Test(
            "Nor where the kernel knows no write-life hints",
            .enabled(if: Fault.canInject, "strace is not installed"),
            arguments: Namespace.testable.filter { $0 != .time })
        func replayWithoutHints(other: Namespace) throws {
            let site = try Site()
            let tally = Tally()
            try store(site, tally, faults: [Self.withoutHints])
            for (number, namespace) in [other, .host, other].enumerated() {
                let body = SentCallback("C-\(number)").body
                let answer = try site.post(body, tally, faults: [Self.withoutHints], limits: namespace.words)
                #expect(answer.status == 200)
                #expect(!isReplayed(site), "\(namespace)")
            }
        }

        /// How a directory comes to another place, or another state to this place. `$0` is the directory.
        private static let ways = [
            #"cp -a "$0" "$0.copy" && mv "$0" "$0.old" && mv "$0.copy" "$0""#,
            #"tar -C "$0" -cf "$0.tar" . && find "$0" -mindepth 1 -delete && tar -C "$0" -xpf "$0.tar""#,
            #"tar -C "$0" -cf "$0.tar" . && tar -C "$0" -xpf "$0.tar""#,
            // Over the files themselves, which stay in memory.
            #"cp -a "$0" "$0.copy" && touch -d -1hour "$0.copy/journal/.note" && cp -a "$0.copy/." "$0""#,
        ]

        @Test("A directory that was copied or brought back is seen as such", arguments: ways, [false, true])
        func copied(way: String, knowsHints: Bool) throws {
            let faults = knowsHints ? [] : [Self.withoutHints]
            if !knowsHints { try #require(Fault.canInject) }
            let site = try Site()
            let tally = Tally()
            try store(site, tally, faults: faults)
            #expect(try ChildProcess.run(Command("sh", "-c", way, site.data)).status == 0)
            #expect(try site.post(SentCallback("C").body, tally, faults: faults).status == 200)
            #expect(isReplayed(site))
        }

        @Test("One that was only renamed, or is looked at by another path, is not", arguments: [false, true])
        func renamed(isBound: Bool) throws {
            let site = try Site()
            let tally = Tally()
            try store(site, tally)
            let path = "\(site.root)/elsewhere"
            if !isBound { #expect(rename(site.data, path) == 0) }
            let script = #"mkdir "$0" && mount --bind "$1" "$0" && shift && exec "$@""#
            let binding = ["unshare", "--mount", "sh", "-c", script, path, site.data]
            var command = try site.command(FastCGIDoor.postVariables(SentCallback("C").body), SentCallback("C").body)
            command.environment["KHOINS_DATA"] = path
            #expect(Answer(cgi: try ChildProcess.run(command.behind(isBound ? binding : []))).status == 200)
            if !isBound { #expect(rename(path, site.data) == 0) }
            #expect(site.names(in: "transactions") == ["C.json", "KH-1.json", "KH-2.json"])
        }

        @Test(
            "A file system that was mounted anew is seen as such",
            .enabled(if: Mount.Kind.ext4.isPossible, "ext4 cannot be mounted here"))
        func mountedAnew() throws {
            let mount = try Mount(.ext4)
            let site = try Site(in: mount.path)
            let tally = Tally()
            try store(site, tally)
            try mount.unmount()
            try mount.mount()
            #expect(try site.post(SentCallback("C").body, tally).status == 200)
            #expect(isReplayed(site))
        }

        @Test(
            "What the clocks say tells a start from an earlier one",
            .enabled(if: Fault.canInject, "strace is not installed"), arguments: ["started", "uptime"])
        func clocks(member: String) throws {
            let site = try Site()
            let tally = Tally()
            try store(site, tally, faults: [Self.withoutHints])
            let note = String(decoding: try #require(site.bytes(of: "journal/.note")), as: UTF8.self)
            // A start an hour ago; or of a machine that has been on for longer than this one.
            let pattern = try Regex("\"\(member)\":([0-9]+)")
            let value = try #require(note.firstMatch(of: pattern)?[1].substring.flatMap { Int($0) })
            let other = member == "started" ? value - 3_600 : value + 3_600
            let file = open("\(site.data)/journal/.note", O_WRONLY | O_CLOEXEC)
            defer { close(file) }
            let bytes = Array(note.replacing("\"\(member)\":\(value)", with: "\"\(member)\":\(other)").utf8)
            #expect(write(file, bytes, bytes.count) == bytes.count)
            #expect(try site.post(SentCallback("C").body, tally, faults: [Self.withoutHints]).status == 200)
            #expect(isReplayed(site))
        }
    }
}
