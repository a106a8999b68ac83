import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The systemd unit", .serialized, .needs("systemd-analyze", "strace"))
struct SandboxTests {
    private static let name = "scripts/examples/khoins-callback.service"

    @Test(
        "exposes next to nothing, by systemd's own measure",
        arguments: [
            ("khoins-callback", 10), ("khoins-callback-follow", 10), ("khoins-callback-forward", 15),
            ("khoins-callback-archive", 10),
        ])
    func score(unit: String, most: Int) throws {
        let name = "\(unit).service"
        let scratch = try Scratch()
        for unit in [name, "khoins-callback.socket"] {
            try scratch.write(Template.read("scripts/examples/\(unit)", replacing: [:]), to: "etc/\(unit)")
        }
        let program = try ServerProgram.path("systemd-analyze")
        func exposure(threshold: Int) throws -> Ending {
            try ChildProcess.run(
                Command(
                    program, "security", "--no-pager", "--offline=true", "--threshold=\(threshold)",
                    scratch.file("etc/\(name)")), in: scratch)
        }
        // In tenths: it is 0.4 and 0.5 with systemd 252, and 1.4 where there is a network.
        let ending = try exposure(threshold: most)
        #expect(ending.status == 0, "\(ending.output.suffix(300))\(ending.errors)")
        #expect(try exposure(threshold: 1).status != 0, "a threshold that cannot be met is met")
    }

    private static let followers = ["khoins-callback-follow.service", "khoins-callback-forward.service"]

    private static let archive = ["khoins-callback-archive.service", "khoins-callback-archive.timer"]

    @Test("is understood by systemd", arguments: followers + archive + ["khoins-callback.service"])
    func verify(name: String) throws {
        let scratch = try Scratch()
        for unit in Set([name, "khoins-callback.socket"] + Self.archive) {
            let text = try Template.read("scripts/examples/\(unit)", replacing: [:])
            try scratch.write(text.replacing("/usr/local/bin/khoins-callback", with: "/bin/true"), to: "etc/\(unit)")
        }
        let ending = try ChildProcess.run(
            Command(try ServerProgram.path("systemd-analyze"), "verify", "--man=no", scratch.file("etc/\(name)")),
            in: scratch)
        #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
    }

    @Test(
        "for telling the shop runs where the settings name its way, and no other does",
        arguments: [
            ([:], []), (["KHOINS_EXEC": "/x y"], ["khoins-callback-follow.service"]),
            (["KHOINS_FORWARD": "https://shop/a?b=(c)&d"], ["khoins-callback-forward.service"]),
            // That both are set is refused, and one says so.
            (["KHOINS_EXEC": "x", "KHOINS_FORWARD": "https://shop/"], ["khoins-callback-forward.service"]),
            (["KHOINS_EXEC": "", "KHOINS_FORWARD": ""], []),
        ] as [([String: String], [String])])
    func condition(settings: [String: String], running: [String]) throws {
        let scratch = try Scratch()
        for name in Self.followers {
            let unit = try Template.read("scripts/examples/\(name)", replacing: [:])
            let line = try #require(unit.firstMatch(of: /(?m)^ExecCondition=\/bin\/sh -c '(.*)'$/)).1
            var command = Command("/bin/sh", "-c", String(line).replacing("$$", with: "$"))
            command.environment = settings
            let ending = try ChildProcess.run(command, in: scratch)
            #expect(ending.status == (running.contains(name) ? 0 : 1), "\(name): \(ending)")
            #expect(ending.output.isEmpty == running.contains(name) && ending.errors == "", "\(name): \(ending)")
        }
    }

    @Test("has a network only where it forwards")
    func network() throws {
        for name in Self.followers {
            let lines = try Template.read("scripts/examples/\(name)", replacing: [:]).split(separator: "\n")
            let forwards = name.contains("forward")
            #expect(lines.contains("PrivateNetwork=yes") != forwards && lines.contains("IPAddressDeny=any") != forwards)
            let families = "RestrictAddressFamilies=AF_UNIX" + (forwards ? " AF_INET AF_INET6" : "")
            #expect(lines.filter { $0.hasPrefix("RestrictAddressFamilies=") } == [Substring(families)])
        }
    }

    @Test("lets the service make every system call that it makes, and no memory be written and executed")
    func filter() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let filter = try SystemCallFilter(unit: Template.read(Self.name, replacing: [:]), in: scratch)
        let (socket, log) = (scratch.file("run/handler.sock"), scratch.file("logs/calls"))
        for round in 1...2 {
            // As a listening socket on standard input, which is how the unit's service gets it, but for the number.
            unlink(socket)
            let listener = try StreamSocket(listeningOn: .unix(socket))
            var command = try filter.command(Command(scratch.executable), log: log)
            command.environment = scratch.settings
            command.descriptors[STDIN_FILENO] = listener.descriptor
            let process = try installation.start("service", command)
            installation.door = FastCGIDoor(address: .unix(socket))
            try installation.waitUntilHealthy()
            // Enough of them for a checkpoint, which is a thread of its own.
            let text = String(repeating: "x", count: 60_000)
            for number in 0..<160 {
                let body = #"{"refid":"F-\#(number % 80)","message":"\#(text)\#(number)\#(round)"}"#
                #expect(try installation.door.send(Request(posting: body)).status == 200)
            }
            #expect(try installation.door.send(Request(posting: "bukan JSON")).status == 400)
            #expect(try installation.door.send(Request("GET", "/laporan/khoins/x")).status == 403)
            #expect(try installation.door.send(Request("GET")).status == 200)
            try wait(for: "checkpoint") { access(scratch.file("home/data/journal/.checkpoint"), F_OK) == 0 }
            installation.stop()
            #expect(!process.isRunning)
            try wait(for: "the end of the trace") {
                // strace pads short process ids with spaces.
                let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
                return lines.contains {
                    $0.split(separator: " ").starts(with: ["\(process.id)", "+++", "exited", "with", "0"])
                }
            }
            let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            #expect(calls.contains { $0.contains(" fdatasync(") }, "nothing was traced")
            #expect(calls.filter { $0.contains("(INJECTED)") } == [])
            #expect(
                calls.filter {
                    $0.contains("PROT_WRITE|PROT_EXEC") || $0.contains("mprotect") && $0.contains("PROT_EXEC")
                } == [])
        }
        #expect(try scratch.data.findings() == [])
    }

    @Test("for the archive lets it make every system call that it makes, and its timer starts it at a time that comes")
    func archives() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        installation.door = scratch.cgiDoor
        for body in [Body.t1, Body.t2, Body.t4] {
            #expect(try installation.door.send(Request(posting: body)).status == 200)
        }
        let unit = try Template.read("scripts/examples/\(Self.archive[0])", replacing: [:])
        let line = try #require(unit.firstMatch(of: /(?m)^ExecStart=\/usr\/local\/bin\/khoins-callback (.*) 90d$/)).1
        let filter = try SystemCallFilter(unit: unit, in: scratch)
        var command = try filter.command(
            Command([scratch.executable] + line.split(separator: " ").map(String.init) + ["0s"]),
            log: scratch.file("logs/calls"))
        command.environment = scratch.settings
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(scratch.data.names("archive").count == 1 && scratch.data.names("transactions") == [])
        let calls = scratch.text("logs/calls")
        #expect(calls.contains("fdatasync(") || calls.contains("fsync("), "nothing was traced")
        #expect(!calls.contains("(INJECTED)"))
        let timer = try Template.read("scripts/examples/\(Self.archive[1])", replacing: [:])
        let calendar = try #require(timer.firstMatch(of: /(?m)^OnCalendar=(.*)$/)).1
        let times = try ChildProcess.run(
            Command(try ServerProgram.path("systemd-analyze"), "calendar", String(calendar)), in: scratch)
        #expect(times.status == 0 && times.output.contains("Next elapse"), "\(times)")
    }

    @Test(
        "does not let it make others",
        arguments: [["chown", "33", "FILE"], ["nice", "-n", "1", "true"], ["chroot", "/", "true"]])
    func denied(_ words: [String]) throws {
        let scratch = try Scratch()
        let filter = try SystemCallFilter(unit: Template.read(Self.name, replacing: [:]), in: scratch)
        let file = try scratch.write("", to: "run/file")
        let command = Command(words.map { $0 == "FILE" ? file : $0 })
        let log = scratch.file("logs/calls")
        _ = try ChildProcess.run(filter.command(command, log: log), in: scratch)
        try wait(for: "the refused call") {
            try String(contentsOfFile: log, encoding: .utf8).contains("EPERM (Operation not permitted) (INJECTED)")
        }
    }
}
