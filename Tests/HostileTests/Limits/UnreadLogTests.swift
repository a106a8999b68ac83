import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A log that nobody reads", .serialized)
struct UnreadLogTests {
    private func callback(_ number: Int) -> Request {
        Request(posting: #"{"refid":"U-\#(number)","message":"{\"status\":\"Success\"}"}"#)
    }

    /// `serve` with this pipe as its log.
    private func serve(_ pipe: Channel) throws -> (Installation, ChildProcess) {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=2\n")
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        var command = try installation.serveCommand(on: address)
        command.descriptors[STDERR_FILENO] = pipe.output
        let process = try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()
        return (installation, process)
    }

    @Test("costs no answer, and its lines come when somebody reads again")
    func answers() throws {
        let pipe = Channel(isFull: true)
        let (installation, process) = try serve(pipe)
        for number in 0..<100 { #expect(try installation.door.send(callback(number)).status == 200) }
        // Strangers cannot fill it either.
        for _ in 0..<60 { #expect(try installation.door.send(Request("POST", "/laporan/khoins/salah")).status == 403) }
        #expect(try installation.door.send(callback(100)).status == 200)
        #expect(try installation.door.send(Request("GET")).status == 200)
        var log = ""
        try wait(for: "the log") {
            log += pipe.read()
            return log.contains("trxid=U-100 ")
        }
        let lines = log.split(separator: "\n")
        #expect(lines.first?.hasPrefix("event=started ") == true)
        #expect(lines.count { $0.hasPrefix("event=stored ") } == 101)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
        #expect(installation.scratch.data.names("transactions").count == 101)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("keeps nobody from stopping the service")
    func stop() throws {
        let pipe = Channel(isFull: true)
        let (installation, process) = try serve(pipe)
        #expect(try installation.door.send(callback(0)).status == 200)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
    }

    @Test(
        "keeps no start from being refused",
        arguments: [["--listen", "nonsense"], ["--listen", "unix:/nowhere/at/all/x.sock"]])
    func refusedStart(arguments: [String]) throws {
        let installation = try Installation.prepared()
        let pipe = Channel(isFull: true)
        var command = installation.scratch.command(["serve"] + arguments)
        command.descriptors[STDERR_FILENO] = pipe.output
        #expect(try ChildProcess.run(command, in: installation.scratch, seconds: 20).status == 2)
    }

    @Test("costs no answer where the program was started for one request")
    func cgi() throws {
        let installation = try Installation.prepared()
        let pipe = Channel(isFull: true)
        var door = installation.scratch.cgiDoor
        door.command.descriptors[STDERR_FILENO] = pipe.output
        for number in 0..<3 { #expect(try door.send(callback(number)).status == 200) }
        #expect(try door.send(Request("GET", "/laporan/khoins/salah")).status == 403)
        #expect(installation.scratch.data.names("transactions").count == 3)
    }

    @Test("keeps no wrong set-up from being answered with 500", arguments: ["", "KHOINS_THREADS=0\n"])
    func wrongSetUp(settings: String) throws {
        let scratch = try Scratch()
        try scratch.installExecutable()
        try scratch.write(settings, to: "etc/khoins-callback.env", secret: true)
        let pipe = Channel(isFull: true)
        var door = scratch.cgiDoor
        door.command.descriptors[STDERR_FILENO] = pipe.output
        #expect(try door.send(callback(0)).status == 500)
    }

    @Test("keeps a follower from nothing that it does, and from ending")
    func follow() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let door = scratch.cgiDoor
        for number in 0..<3 { #expect(try door.send(callback(number)).status == 200) }
        let pipe = Channel(isFull: true)
        let done = scratch.file("run/done")
        let script = "echo $KHOINS_TRXID >> \(done); test $KHOINS_TRXID != U-0"
        var command = scratch.command(["follow", "--from", "start", "--exec", script])
        command.descriptors[STDERR_FILENO] = pipe.output
        let process = try installation.start("follow", command)
        func times(_ trxid: String) -> Int {
            ((try? String(contentsOfFile: done, encoding: .utf8)) ?? "").split(separator: "\n").count { $0 == trxid }
        }
        // One that fails, of which it speaks, is tried again, and others are done.
        try wait(for: "the commands") { times("U-0") >= 2 && times("U-1") >= 1 && times("U-2") >= 1 }
        #expect(try door.send(callback(3)).status == 200)
        try wait(for: "the next command") { times("U-3") >= 1 }
        var said = ""
        try wait(for: "what it said") {
            said += pipe.read()
            return said.contains("the command for U-0 exited with 1")
        }
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
    }

    @Test("of changes keeps no follower from being told to stop")
    func followLines() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let door = scratch.cgiDoor
        #expect(try door.send(callback(0)).status == 200)
        let pipe = Channel(isFull: true)
        var command = scratch.command(["follow", "--from", "start"])
        command.descriptors[STDOUT_FILENO] = pipe.output
        let process = try installation.start("follow", command)
        // It blocks the signal when it has set up what it waits with.
        try wait(for: "the signals") {
            let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
            let mask = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }.flatMap {
                UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
            }
            return (mask ?? 0) & (1 << UInt64(SIGTERM - 1)) != 0
        }
        process.signal(SIGTERM)
        #expect(try process.ending(seconds: 20).status == 0)
    }
}
