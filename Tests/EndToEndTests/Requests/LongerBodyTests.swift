import TestSupport
import Testing

@Suite("A body that is longer than its length says")
struct LongerBodyTests {
    static let ways: [WayIn] = [.cgi, .fastCGI, .passedSocket]

    @Test("is kept as a whole, and gets what all of it deserves", arguments: ways, [0, 1, 100, 212])
    func whole(way: WayIn, declared: Int) throws {
        let installation = try way.open()
        var request = Request(posting: Body.t2)
        request.framing = .declared(declared)
        let reply = try installation.door.send(request)
        #expect(reply.status == 200 && reply.json?["trxid"] == "KH-9002", "\(reply.text)")
        let data = installation.scratch.data
        #expect(try data.journal() == [.init(from: "127.0.0.1", body: Array(Body.t2.utf8))])
        #expect(try data.json("transactions/KH-9002.json")["damaged"] == nil)
        // What follows a whole callback is no part of one.
        request.body += Array("{}".utf8)
        request.framing = .declared(Body.t2.utf8.count)
        #expect(try [200, 400].contains(installation.door.send(request).status))
        #expect(try data.journal().last?.body == request.body)
        #expect(try data.findings() == [])
    }

    @Test("is nothing where all of it is over the limit", arguments: ways)
    func tooLong(way: WayIn) throws {
        let installation = try way.open()
        for (length, status) in [(65_536, 200), (65_537, 413), (200_000, 413)] {
            var request = Request(posting: Body.padded("KH-LARGE", to: length))
            request.framing = .declared(1_000)
            #expect(try installation.door.send(request).status == status)
        }
        #expect(try installation.scratch.data.journal().count == 1)
    }

    @Test("is refused in a query too, where that would be kept")
    func query() throws {
        let installation = try WayIn.cgi.open()
        for (length, status) in [(1_000, 405), (65_537, 413)] {
            let target = "/laporan/khoins/\(secretToken)?refid=KH-1&x=\(String(repeating: "x", count: length))"
            #expect(try installation.door.send(Request("GET", target)).status == status)
        }
        #expect(installation.scratch.data.names("rejected").count == 1)
    }

    @Test("makes a GET one that carries something", arguments: ways)
    func get(way: WayIn) throws {
        let installation = try way.open()
        for framing in [Request.Framing.unknownLength, .declared(Body.t1.utf8.count), .declared(10), .declared(10_000)]
        {
            var request = Request("GET")
            request.body = Array(Body.t1.utf8)
            request.framing = framing
            let reply = try installation.door.send(request)
            #expect(reply.status == 405 && reply.headers["allow"] == "POST", "\(framing): \(reply.text)")
        }
        var empty = Request("GET")
        empty.framing = .declared(0)
        #expect(try installation.door.send(empty).status == 200)
        let data = installation.scratch.data
        #expect(data.names("rejected").count == 4 && data.names("transactions").isEmpty)
        for name in data.names("rejected") {
            #expect(try data.json(name)["method"] == "GET" && data.json(name)["trxid"] == "abc-123")
        }
        #expect(try data.findings() == [])
    }
}
