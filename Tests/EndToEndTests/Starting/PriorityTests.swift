import Foundation
import Glibc
import TestSupport
import Testing

/// What systemd's journal is told of how grave a line is (sd-daemon(3)).
@Suite("The priority of a line")
struct PriorityTests {
    private let installation: Installation
    private var scratch: Scratch { installation.scratch }

    init() throws {
        let scratch = try Scratch()
        try scratch.installExecutable()
        try scratch.writeSettings("KHOINS_TOKN=x\nKHOINS_LOG=../logs/own.log\n")
        installation = Installation(scratch)
    }

    /// A file for standard error, and the variable by which systemd would name it.
    private func journal(_ name: String) throws -> (descriptor: Int32, stream: String) {
        let descriptor = open(scratch.file("logs/\(name)"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw SystemFailure("open") }
        return (descriptor, "\(status.st_dev):\(status.st_ino)")
    }

    /// Answers requests under CGI, with a reader of its errors.
    ///
    /// - Returns: The lines on standard error.
    private func lines(_ name: String, _ stream: (String) -> String?, _ requests: [Request]) throws -> [String] {
        let journal = try journal(name)
        defer { close(journal.descriptor) }
        var door = CGIDoor(
            scratch, environment: ["KHOINS_SETTINGS": scratch.file("etc/khoins-callback.env")])
        door.command.environment["JOURNAL_STREAM"] = stream(journal.stream)
        door.command.descriptors[2] = journal.descriptor
        for request in requests { _ = try door.run(request) }
        return scratch.text("logs/\(name)").split(separator: "\n").map(String.init)
    }

    private static let requests = [
        Request(posting: Body.t1), Request(posting: "no callback"), Request("GET"),
        Request("POST", "/laporan/khoins/x"),
        Request("PUT"),
    ]

    @Test("is told in systemd's journal, and is no part of the operator's own log")
    func journal() throws {
        let lines = try lines("journal", { $0 }, Self.requests)
        let events: [(Substring, Substring)] = lines.map { ($0.prefix(3), $0.dropFirst(3).prefix { $0 != " " }) }
        #expect(!lines.isEmpty)
        for (priority, event) in events {
            let expected = ["event=stored", "event=asked"].contains(String(event)) ? "<6>" : "<4>"
            #expect(priority == expected && event.hasPrefix("event="), "\(priority)\(event)")
        }
        #expect(
            Set(events.map(\.1)) == ["event=stored", "event=rejected", "event=asked", "event=refused", "event=ignored"])
        let own = scratch.text("logs/own.log").split(separator: "\n")
        #expect(own.count == lines.count)
        for (line, told) in zip(own, lines) {
            #expect(line.drop { $0 != " " }.dropFirst() == told.dropFirst(3), "\(line)")
        }
    }

    @Test("of a wrong set-up and of what could not be stored is that of an error")
    func errors() throws {
        try scratch.makeDirectory("home/data")
        ServerUser.own(scratch.data.path)
        chmod(scratch.data.path, 0o500)
        defer { chmod(scratch.data.path, 0o750) }
        let failed = try lines("failed", { $0 }, [Request(posting: Body.t1)]).filter { !$0.contains("event=ignored") }
        #expect(!failed.isEmpty && failed.allSatisfy { $0.hasPrefix("<3>event=") }, "\(failed)")
        try scratch.write("KHOINS_TOKEN=x\n", to: "etc/khoins-callback.env", secret: true)
        let wrong = try lines("wrong", { $0 }, [Request(posting: Body.t1)])
        #expect(
            wrong == [
                #"<3>event=misconfigured reason="no data directory: set KHOINS_DATA (or --data) to the directory that keeps the callbacks""#
            ])
    }

    @Test("is told nowhere else", arguments: ["", "1:2", "no:number"])
    func elsewhere(_ stream: String) throws {
        let lines = try lines("elsewhere", { _ in stream.isEmpty ? nil : stream }, Self.requests)
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("event=") }, "\(lines)")
    }

    @Test("is told by serve while it runs, and why it could not start", arguments: [false, true])
    func serve(_ isWrong: Bool) throws {
        let journal = try journal("serve")
        defer { close(journal.descriptor) }
        let address = Address.unix(scratch.file("run/x.sock"))
        var command = try installation.serveCommand(on: address)
        command.environment["JOURNAL_STREAM"] = journal.stream
        command.descriptors[2] = journal.descriptor
        if isWrong { command.arguments += ["--threads", "many"] }
        let process = try installation.start("serve", command)
        if isWrong {
            #expect(try process.ending().status == 2)
            #expect(scratch.text("logs/serve").hasPrefix("<3>khoins-callback: KHOINS_THREADS must be a number"))
            return
        }
        try wait(for: "its socket") { (try? StreamSocket(connectingTo: address)) != nil }
        #expect(try FastCGIDoor(address: address).send(Request(posting: Body.t1)).status == 200)
        #expect(try FastCGIDoor(address: address).send(Request(posting: Body.t2)).status == 200)
        process.stop()
        let lines = scratch.text("logs/serve").split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("<6>event=started ") } && lines.contains("<6>event=stopped"))
        #expect(lines.count { $0.hasPrefix("<6>event=stored ") } == 2, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("<4>event=ignored ") })
    }
}
