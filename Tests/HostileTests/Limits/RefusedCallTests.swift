import Glibc
import TestSupport
import Testing

@Suite("A system call that is refused", .serialized, .needs("strace"))
struct RefusedCallTests {
    private static let callback = Request(posting: #"{"refid":"C-1","message":"{\"status\":\"Success\"}"}"#)

    /// `serve` with these failures.
    private func serve(_ injection: String) throws -> (Installation, ChildProcess) {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=2\n")
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        let command = try Injection(injection).command(installation.serveCommand(on: address))
        let process = try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try wait(for: "an end, or a start") { !process.isRunning || process.errors.contains("event=started ") }
        return (installation, process)
    }

    @Test(
        "for memory has a fall-back", arguments: ["ENOSYS", "EPERM", "EACCES", "EOPNOTSUPP", "EMFILE", "ENOMEM"])
    func memoryFile(error: String) throws {
        let (installation, process) = try serve("memfd_create:error=\(error)")
        #expect(try installation.door.send(Self.callback).status == 200)
        #expect(try installation.door.send(Request("GET")).status == 200)
        #expect(try installation.door.send(Request("POST", "/laporan/khoins/salah")).status == 403)
        #expect(process.isRunning)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("for memory without a fall-back is a 503 and a line, never silence", arguments: [false, true])
    func noMemory(keepsConnection: Bool) throws {
        // A file in memory can be made, and not be written to: nor can any other.
        let (installation, process) = try serve("pwrite64:error=ENOSPC")
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        for request in [Self.callback, Request("GET"), Request("POST", "/laporan/khoins/salah")] {
            #expect(try installation.door.send(request).status == 503)
        }
        if keepsConnection {
            let peer = try Peer(address)
            for _ in 0..<2 {
                peer.socket.send(Peer.honest(Self.callback, keep: true))
                var answer: [UInt8] = []
                while Peer.kinds(answer).last != Peer.Kind.end {
                    let more = try peer.socket.read()
                    try #require(!more.isEmpty, "the connection was closed")
                    answer += more
                }
                #expect(String(decoding: answer, as: UTF8.self).contains("Status: 503"))
            }
        }
        #expect(process.errors.contains("No space left on device"))
        #expect(process.isRunning)
    }

    @Test(
        "that nothing can do without ends the start with a sentence",
        arguments: ["epoll_create1", "epoll_ctl", "eventfd2", "timerfd_create"])
    func start(call: String) throws {
        let (installation, process) = try serve("\(call):error=EPERM")
        #expect(try process.ending().status == 2)
        #expect(process.errors.hasPrefix("khoins-callback: cannot serve: "))
        #expect(process.errors.contains("Operation not permitted"))
        #expect(access(installation.scratch.file("run/handler.sock"), F_OK) != 0, "its socket is left over")
    }

    @Test("for connections is told of, again and again, but not for each")
    func accept() throws {
        let (installation, process) = try serve("accept4,accept:error=EPERM")
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        let waiting = try (0..<10).map { _ in try Peer(address) }
        try wait(for: "a second line") { process.errors.split(separator: "accept4").count > 2 }
        #expect(process.errors.split(separator: "\n").count < 20)
        withExtendedLifetime(waiting) {}
    }

    @Test(
        "for reading a body is a 503, which has it sent again, not a 400, which has not",
        arguments: ["poll:error=ENOSYS", "poll:error=EPERM", "poll:error=ENOMEM"])
    func body(injection: String) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let command = scratch.command()
        var door = CGIDoor(scratch)
        door.command = try Injection(injection).command(command)
        let ending = try door.run(Self.callback)
        #expect(ending.status == 0)
        #expect(try Reply(cgi: ending.bytes).status == 503)
        #expect(ending.errors.contains("event=failed reason=\"poll the body: "))
        // Nothing of it was kept: what was read says nothing about the callback.
        #expect(scratch.data.names("transactions", "rejected") == [])
    }

    @Test(
        "for files of records is seen by a health check, as by a callback",
        arguments: ["transactions", "topups", "rejected"])
    func directories(name: String) throws {
        let (installation, process, _) = try Installation.serving()
        let path = installation.scratch.file("home/data/\(name)")
        chmod(path, 0o550)
        #expect(try installation.door.send(Request("GET")).status == 503)
        if name == "transactions" { #expect(try installation.door.send(Self.callback).status == 503) }
        #expect(process.errors.contains("Permission denied"))
        chmod(path, 0o750)
        #expect(try installation.door.send(Request("GET")).status == 200)
        #expect(try installation.door.send(Self.callback).status == 200)
        #expect(try installation.scratch.data.findings() == [])
    }
}
