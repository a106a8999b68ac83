import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A lock that somebody holds", .serialized, .needs("strace"))
struct HeldLockTests {
    private func callback(_ trxid: String) -> Request {
        Request(posting: #"{"refid":"\#(trxid)","message":"{\"status\":\"Success\"}"}"#)
    }

    @Test("on the socket's directory keeps nobody from starting")
    func directory() throws {
        let installation = try Installation.prepared()
        let held = open(installation.scratch.file("run"), O_RDONLY | O_CLOEXEC)
        defer { close(held) }
        #expect(flock(held, LOCK_SH | LOCK_NB) == 0)
        let address = Address.unix(installation.scratch.file("run/x.sock"))
        try installation.serve(on: address)
        #expect(try FastCGIDoor(address: address).send(callback("A")).status == 200)
    }

    @Test("by another start is waited for, and SIGTERM ends that at once", arguments: [SIGTERM, SIGINT])
    func start(signal: Int32) throws {
        let installation = try Installation.prepared()
        let path = installation.scratch.file("run/x.sock")
        let held = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(held) }
        ServerUser.own("\(path).lock")
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        let process = try installation.start("serve", installation.serveCommand(on: .unix(path)))
        try wait(for: "the start that waits") {
            FileManager.default.fileExists(atPath: installation.scratch.file("home/data/journal"))
        }
        process.signal(signal)
        #expect(try process.ending(seconds: 8).status == 128 + signal)
    }

    @Test(
        "on the journal is waited for at the start no longer than a callback would, and SIGTERM ends that at once",
        .looksInside)
    func journal() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let door = scratch.cgiDoor
        #expect(try door.send(callback("A")).status == 200)
        // Whichever of them is the lock.
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("home/data/journal"))
        let held = names.filter { $0.hasPrefix(".") }.map {
            open(scratch.file("home/data/journal/\($0)"), O_RDONLY | O_CLOEXEC)
        }
        defer { for descriptor in held { close(descriptor) } }
        for descriptor in held { #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0) }
        let process = try installation.start("serve", installation.serveCommand(on: .unix(scratch.file("run/x.sock"))))
        try wait(for: "the start that waits") {
            // strace would say flock; without it, the lock's file is open.
            let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/fd")) ?? []
            return open.contains {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.id)/fd/\($0)"))?
                    .contains("/journal/.") == true
            }
        }
        process.signal(SIGTERM)
        #expect(try process.ending(seconds: 8).status == 128 + SIGTERM)
    }

    /// Whether a process is stopped and stays so; who traces it stops it again and again, for a moment.
    private func isStopped(_ process: ChildProcess) -> Bool {
        (0..<40).allSatisfy { _ in
            usleep(2_000)
            let status = (try? String(contentsOfFile: "/proc/\(process.id)/stat", encoding: .utf8)) ?? ""
            return ["T", "t"].contains(status.split(separator: ")").last?.split(separator: " ").first)
        }
    }

    /// Lets it go on until it ends.
    private func ending(of process: ChildProcess) throws -> Ending {
        try wait(for: "the end") {
            process.signal(SIGCONT)
            return !process.isRunning
        }
        return try process.ending()
    }

    @Test(
        "by a command that a terminal stops is let go first, and others are answered",
        arguments: [["expect", "E-1"], ["import", "BODIES"], ["expect", "E-2", "--product", "TH10"]])
    func stopped(words: [String]) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let body = #"{"refid":"I-1","message":"{\"status\":\"Success\"}"}"#
        let bodies = try scratch.write(body + "\n", to: "etc/bodies")
        let door = scratch.cgiDoor
        #expect(try door.send(callback("A")).status == 200)
        // Ctrl-Z comes at the one moment at which the lock is held for sure: while the disk is at work.
        let command = try Injection("fdatasync:signal=TSTP:when=1").command(
            scratch.command(words.map { $0 == "BODIES" ? bodies : $0 }))
        let process = try installation.start("command", command)
        try wait(for: "the stop") { isStopped(process) || !process.isRunning }
        // Without a shell above it, no terminal can stop it.
        guard process.isRunning else {
            withKnownIssue { Issue.record("nothing can be stopped by SIGTSTP here") }
            return
        }
        let start = ContinuousClock.now
        #expect(try door.send(callback("B")).status == 200)
        #expect(ContinuousClock.now - start < .seconds(9))
        #expect(try ending(of: process).status == 0)
        #expect(scratch.data.names("transactions").count == 3)
    }

    @Test("is none that a terminal could make the service keep", arguments: [SIGTSTP, SIGTTIN, SIGTTOU])
    func service(signal: Int32) throws {
        let (installation, process, _) = try Installation.serving()
        process.signal(signal)
        for number in 0..<5 { #expect(try installation.door.send(callback("T-\(number)")).status == 200) }
        #expect(!isStopped(process))
    }

    @Test("by a stopped process is laid to it by check")
    func named() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let door = scratch.cgiDoor
        #expect(try door.send(callback("A")).status == 200)
        var command = door.command
        command.environment.merge(callback("B").variables) { $1 }
        command.input = callback("B").body
        // SIGSTOP cannot be kept off.
        let process = try installation.start("cgi", Injection("fdatasync:signal=STOP:when=1").command(command))
        func check() throws -> (status: Int32, line: Substring?) {
            let ending = try ChildProcess.run(scratch.command(["check"]), in: scratch)
            let lines = ending.output.split(separator: "\n")
            return (ending.status, lines.first { $0.contains("the journal's lock") })
        }
        var (status, line): (Int32, Substring?) = (0, nil)
        try wait(for: "a line") {
            (status, line) = try check()
            return line?.contains("process \(process.id) (khoins-callback)") == true
        }
        #expect(status == 1)
        #expect(line?.contains("kill -CONT \(process.id)") == true)
        #expect(try ending(of: process).status == 0)
        #expect(try check().line == nil)
    }
}
