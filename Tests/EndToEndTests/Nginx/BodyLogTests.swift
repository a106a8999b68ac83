import Foundation
import TestSupport
import Testing

@Suite("While the handler is down, nginx", .needs("nginx"))
struct BodyLogTests {
    private static let bodies = [
        Body.t3, "with \"quotes\", \\ and \n\r\t lines", "é 😀 \u{1}\u{7F}", "", Body.padded("KH-LARGEST", to: 65_536),
    ]

    private func lines(_ scratch: Scratch) throws -> [JSON] {
        let log = try Data(contentsOf: URL(fileURLWithPath: scratch.file("logs/khoins-bodies.jsonl")))
        return try log.split(separator: UInt8(ascii: "\n")).map { try JSON($0) }
    }

    @Test("logs the bodies of callbacks byte for byte, one JSON object a line")
    func handlerDown() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try installation.nginx(handler: .unix(scratch.file("run/handler.sock")))
        for body in Self.bodies {
            for framing in [Request.Framing.length, .unknownLength] {
                var request = Request(posting: body)
                request.framing = framing
                #expect(try installation.door.send(request).status == 502)
            }
        }
        #expect(try installation.door.send(Request("GET")).status == 502)
        #expect(try installation.door.send(Request("POST", "/elsewhere")).status == 404)

        // Its workers write when they are done with a connection, and not in the order of the replies.
        try wait(for: "log") { try lines(scratch).count >= Self.bodies.count * 2 }
        let logged = try lines(scratch)
        #expect(logged.compactMap { $0["body"]?.string }.sorted() == Self.bodies.flatMap { [$0, $0] }.sorted())
        for line in logged {
            #expect(line.keys == ["time", "remote_addr", "status", "body"])
            #expect(line["remote_addr"] == "127.0.0.1")
            #expect(line["status"] == 502)
            #expect(line["time"]?.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/) != nil)
        }
        #expect(try scratch.filesThatTell(secretToken) == [])
    }

    @Test("logs nothing of what is sent to the operators' page, and tells its key and what is searched nowhere")
    func pageWhileHandlerIsDown() throws {
        let installation = try Installation.prepared(settings: PageSession.settings)
        let scratch = installation.scratch
        try installation.nginx(handler: .unix(scratch.file("run/handler.sock")))
        var session = PageSession(installation.door)
        session.cookie = "__Host-khoins=1893456000.\(String(repeating: "5e", count: 32))"
        let secrets = [PageSession.key, "5e5e5e5e", "0812000111"]
        for place in ["panel", "panel/", "/panel", "%70anel", "./panel", "panel//"] {
            session.place = "/laporan/khoins/\(place)"
            #expect(try session.page("?trx=KH-1").status == 502)
            for (query, form) in [("?masuk", "key=\(secrets[0])"), ("?cari", "q=\(secrets[2])"), ("?keluar", "")] {
                #expect(try session.send(query, form).status == 502)
            }
        }
        // A callback after all that, so that there is a line to wait for.
        #expect(try installation.door.send(Request(posting: Body.short("KH-LAST"))).status == 502)
        try wait(for: "log") { try !lines(scratch).isEmpty }
        installation.stop()
        #expect(try lines(scratch).map { $0["body"]?.string } == [Body.short("KH-LAST")])
        for secret in secrets { #expect(try scratch.filesThatTell(secret) == [], "\(secret)") }
    }

    @Test("logs the page's key where the example has lost the line that names the page's place, as this test sees")
    func pageWithoutItsLine() throws {
        let installation = try Installation.prepared(settings: PageSession.settings)
        let scratch = installation.scratch
        try installation.nginx(
            handler: .unix(scratch.file("run/handler.sock")),
            ["    ~^/laporan/khoins/+panel/*$    \"/laporan/khoins/panel\";\n": ""])
        let session = PageSession(installation.door)
        #expect(try session.send("?masuk", "key=\(PageSession.key)").status == 502)
        try wait(for: "log") { try !lines(scratch).isEmpty }
        #expect(try scratch.filesThatTell(PageSession.key) == ["khoins-bodies.jsonl"])
    }

    @Test("logs nothing of callbacks that the handler has answered, be it with a refusal")
    func handlerUp() throws {
        let installation = try WayIn.nginxUnix.open()
        for (body, status) in [(Body.t1, 200), ("", 400)] {
            #expect(try installation.door.send(Request(posting: body)).status == status)
        }
        #expect(try installation.door.send(Request("POST", "/laporan/khoins/x")).status == 403)
        installation.stop()
        #expect(try lines(installation.scratch) == [])
    }
}
