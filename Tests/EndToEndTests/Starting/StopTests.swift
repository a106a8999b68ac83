import Glibc
import TestSupport
import Testing

@Suite("Told to stop, serve")
struct StopTests {
    @Test("finishes the request in flight, removes its socket and exits with 0", arguments: [SIGTERM, SIGINT, SIGHUP])
    func inFlight(signal: Int32) throws {
        let installation = try Installation.prepared()
        let path = installation.scratch.file("run/x.sock")
        let process = try installation.serve(on: .unix(path))
        let request = Request(posting: Body.t2)
        let exchange = try FastCGIExchange(.unix(path))
        exchange.begin(request.variables)
        exchange.send(Array(request.body.prefix(50)))
        // Another request, behind it, shows that the first one has reached the program.
        #expect(try FastCGIDoor(address: .unix(path)).send(Request("GET")).status == 200)
        process.signal(signal)
        try wait(for: "removal of the socket") { access(path, F_OK) != 0 }
        #expect(process.isRunning)
        exchange.send(Array(request.body.dropFirst(50)))
        #expect(try exchange.end().status == 200)
        #expect(try process.ending().status == 0)
        #expect(process.errors.contains("event=stopped"))
        #expect(installation.scratch.data.names("transactions") == ["transactions/KH-9002.json"])
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("ends with 0 at once where nothing is going on, also with silent connections")
    func idle() throws {
        let installation = try Installation.prepared()
        let address = Address.unix(installation.scratch.file("run/x.sock"))
        let process = try installation.serve(on: address)
        let silent = try StreamSocket(connectingTo: address)
        #expect(try FastCGIDoor(address: address).send(Request("GET")).status == 200)
        process.signal(SIGTERM)
        #expect(try process.ending(seconds: 8).status == 0)
        #expect(try silent.readToEnd() == [])
    }

    @Test("goes on where nohup keeps the end of a terminal away")
    func nohup() throws {
        let installation = try Installation.prepared()
        let address = Address.unix(installation.scratch.file("run/x.sock"))
        let process = try installation.serve(on: address, behind: ["/usr/bin/nohup"])
        process.signal(SIGHUP)
        // By then it would have been seen.
        #expect(try FastCGIDoor(address: address).send(Request("GET")).status == 200)
        #expect(process.isRunning)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
    }

    @Test("leaves alone a socket that was handed to it")
    func passedSocket() throws {
        let installation = try Installation.prepared()
        let path = installation.scratch.file("run/handler.sock")
        let process = try installation.passSocket(path)
        #expect(try FastCGIDoor(address: .unix(path)).send(Request("GET")).status == 200)
        process.signal(SIGTERM)
        #expect(try process.ending().status == 0)
        #expect(access(path, F_OK) == 0)
    }
    /// lighttpd, which had just started it, stopped before its program did: SIGTERM had gone to a thread that did not
    /// block it, and libfcgi has a handler that swallows it.
    @Test("ends with 0 also while it is still starting", arguments: 0..<20)
    func whileStarting(time: Int) throws {
        let installation = try Installation.prepared()
        let process = try installation.passSocket(installation.scratch.file("run/handler.sock"))
        try wait(for: "first word") { process.errors.contains("event=started") }
        process.signal(SIGTERM)
        #expect(try process.ending(seconds: 8).status == 0)
    }
}
