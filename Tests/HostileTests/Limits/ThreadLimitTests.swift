import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Where not all threads can be had", .serialized)
struct ThreadLimitTests {
    private static let sentence = "the limit of processes or of memory?"

    private func callback(_ trxid: String) -> Request {
        Request(posting: #"{"refid":"\#(trxid)","message":"{\"status\":\"Success\"}"}"#)
    }

    /// The program on a socket that becomes its standard input, as a web server starts it.
    private func handOver(
        _ installation: Installation, _ limited: (Command) throws -> Command
    ) throws -> ChildProcess {
        let path = installation.scratch.file("run/handler.sock")
        let listener = try StreamSocket(listeningOn: .unix(path))
        var command = Command([installation.scratch.executable])
        command.environment = installation.scratch.settings
        command.descriptors[STDIN_FILENO] = listener.descriptor
        installation.door = FastCGIDoor(address: .unix(path))
        return try withExtendedLifetime(listener) { try installation.start("handler", limited(command)) }
    }

    private func owner(of path: String) -> uid_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }

    @Test(
        "serve says so and exits with 2, or serves",
        .enabled(if: LimitedUser.isPossible, "needs root: a limit of processes counts all of a user's"),
        arguments: [1, 2, 3, 4, 5, 6, 8, 16, 64])
    func serve(limit: Int) throws {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=4\n")
        let scratch = installation.scratch
        let user = LimitedUser(scratch)
        let path = scratch.file("run/x.sock")
        var command = Command(scratch.executable, "serve", "--listen", "unix:\(path)")
        command.environment = scratch.settings
        let process = try installation.start("serve", user.command(command, processes: limit))
        try wait(for: "an end, or a start") {
            !process.isRunning || process.errors.contains("event=started ")
        }
        guard process.isRunning else {
            #expect(limit < 16, "there was room")
            #expect(try process.ending().status == 2)
            #expect(process.errors.contains(Self.sentence))
            #expect(process.errors.split(separator: "\n").count == 1)
            return
        }
        #expect(limit > 6, "these are too few")
        installation.door = FastCGIDoor(address: .unix(path))
        #expect(try installation.door.send(callback("A")).status == 200)
        #expect(try installation.door.send(Request("GET")).status == 200)
    }

    @Test(
        "a handler that a web server started serves with those that there are, also when there are more again",
        .enabled(if: LimitedUser.isPossible, "needs root: a limit of processes counts all of a user's"),
        arguments: [1, 2, 3, 4, 5, 6, 8])
    func handedOver(limit: Int) throws {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=4\n")
        let user = LimitedUser(installation.scratch)
        let neighbours = try user.neighbours(12, in: installation.scratch)
        // setpriv becomes this user before it starts the program: only then does a process of his count.
        try wait(for: "the neighbours") {
            neighbours.allSatisfy { access("/proc/\($0.id)", F_OK) == 0 && owner(of: "/proc/\($0.id)") == user.id }
        }
        let process = try handOver(installation) { user.command($0, processes: limit + neighbours.count) }
        #expect(try installation.door.send(callback("A")).status == 200)
        #expect(try installation.door.send(Request("GET")).status == 200)
        #expect(try installation.door.send(Request("GET", "/laporan/khoins/salah")).status == 403)
        #expect(process.errors.contains("pthread_create"))
        for neighbour in neighbours { neighbour.stop() }
        for number in 0..<20 { #expect(try installation.door.send(callback("B-\(number)")).status == 200) }
        #expect(installation.scratch.data.names("transactions").count == 21)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test(
        "a handler serves whatever calls that make threads are refused with", arguments: ["EPERM", "EAGAIN", "ENOMEM"])
    func refused(error: String) throws {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=4\n")
        let process = try handOver(installation) { try Injection("clone3,clone:error=\(error)").command($0) }
        for number in 0..<3 { #expect(try installation.door.send(callback("A-\(number)")).status == 200) }
        #expect(try installation.door.send(Request("GET")).status == 200)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
    }

    @Test("a request in flight is finished by the only thread there is, and it ends with silent connections too")
    func stop() throws {
        let installation = try Installation.prepared()
        let process = try handOver(installation) { try Injection("clone3,clone:error=EPERM").command($0) }
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        let request = callback("A")
        let exchange = try FastCGIExchange(address)
        exchange.begin(request.variables)
        exchange.send(Array(request.body.prefix(20)))
        #expect(try installation.door.send(Request("GET")).status == 200)
        process.signal(SIGTERM)
        exchange.send(Array(request.body.dropFirst(20)))
        #expect(try exchange.end().status == 200)
        #expect(try process.ending().status == 0)
        #expect(installation.scratch.data.names("transactions") == ["transactions/A.json"])
    }

    @Test(
        "of memory addresses there are no more than 64 MiB, all goes on as ever",
        .enabled(if: TestBinary.isRelease, "a debug build takes more than that before it starts"),
        .enabled(if: access("/usr/bin/prlimit", X_OK) == 0, "needs prlimit"),
        arguments: ["", "KHOINS_THREADS=8\n", "KHOINS_THREADS=16\n"])
    func addressSpace(settings: String) throws {
        let installation = try Installation.prepared(settings: settings)
        let scratch = installation.scratch
        let address = Address.unix(scratch.file("run/x.sock"))
        var command = try installation.serveCommand(on: address)
        command.arguments = ["/usr/bin/prlimit", "--as=\(64 << 20)", "--"] + command.arguments
        let process = try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try wait(for: "an end, or a start") { !process.isRunning || process.errors.contains("event=started ") }
        #expect(process.isRunning, "\(process.errors)")
        let text = String(repeating: "x", count: 60_000)
        for number in 0..<100 {
            let body = #"{"refid":"M-\#(number)","message":"{\"status\":\"Success\",\"message\":\"\#(text)\"}"}"#
            #expect(try installation.door.send(Request(posting: body)).status == 200)
        }
        #expect(try installation.door.send(Request("GET")).status == 200)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
        #expect(scratch.data.names("transactions").count == 100)
    }
}
