import TestSupport
import Testing

@Suite("A body that ends too early")
struct BrokenOffTests {
    private static let whole = Body.t2
    private static let part = Array(whole.utf8.prefix(100))
    private static let error = "the body ended after 100 of \(whole.utf8.count) bytes"

    private func expectKept(_ reply: Reply, _ installation: Installation) throws {
        #expect(reply.status == 400)
        #expect(reply.json == ["status": "error", "error": .string(Self.error)])
        let data = installation.scratch.data
        #expect(try data.journal() == [.init(from: "127.0.0.1", body: Self.part)])
        let name = try #require(data.names("transactions", "topups", "rejected").first)
        #expect(name.hasPrefix("rejected/"))
        #expect(try data.json(name).body == Self.part)
        #expect(try data.json(name)["error"] == .string(Self.error))
        #expect(try data.findings() == [])
    }

    @Test("is rejected, and what came is kept", arguments: [WayIn.cgi, .fastCGI, .passedSocket])
    func declaredLonger(way: WayIn) throws {
        let installation = try way.open()
        var request = Request(posting: Self.part)
        request.framing = .declared(Self.whole.utf8.count)
        try expectKept(installation.door.send(request), installation)
    }

    @Test("because the web server hung up in the middle of it is kept too, and the next one is filed")
    func hangUp() throws {
        let installation = try WayIn.fastCGI.open()
        var request = Request(posting: Self.part)
        request.framing = .declared(Self.whole.utf8.count)
        let exchange = try FastCGIExchange(.unix(installation.scratch.file("run/handler.sock")))
        exchange.begin(request.variables)
        exchange.send(request.body)
        // Nobody is left to be answered.
        _ = try? exchange.breakOff()
        try wait(for: "rejected delivery") { !installation.scratch.data.names("rejected").isEmpty }
        #expect(try installation.scratch.data.journal() == [.init(from: "127.0.0.1", body: Self.part)])
        #expect(try installation.door.send(Request(posting: Self.whole)).status == 200)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("is told from one of unknown length, which ends where it ends", arguments: [WayIn.cgi, .fastCGI])
    func unknownLength(way: WayIn) throws {
        let installation = try way.open()
        var request = Request(posting: Self.whole)
        request.framing = .unknownLength
        #expect(try installation.door.send(request).status == 200)
        request = Request(posting: Body.padded("KH-LARGE", to: 65_537))
        request.framing = .unknownLength
        #expect(try installation.door.send(request).status == 413)
        #expect(try installation.scratch.data.journal().count == 1)
    }
}
