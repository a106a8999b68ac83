import Foundation
import TestSupport
import Testing

@Suite("A wrong set-up under a web server")
struct WrongSetUpTests {
    static let settings = [
        "KHOINS_TOKEN=x", "KHOINS_DATA=/nowhere/data\nKHOINS_TOKEN=\(secretToken)", "KHOINS_DATA=/tmp",
    ]
    static let ways = WayIn.testable([.cgi, .passedSocket, .spawnFCGI, .apacheCgid, .apacheFcgid, .lighttpd])

    @Test("answers 500 without details, and the reason is in the server's error log", arguments: ways, settings)
    func reasonInLog(way: WayIn, settings: String) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try scratch.write(settings, to: "etc/khoins-callback.env", secret: true)
        try way.start(in: installation)
        let reply = try installation.door.send(Request(posting: Body.t1))
        #expect(reply.status == 500)
        #expect(reply.json == ["status": "error", "error": "internal error"])
        #expect(reply.headers["content-type"]?.hasPrefix("application/json") == true)
        let lines = scratch.logs.split(separator: "\n").filter { $0.contains("event=misconfigured reason=") }
        #expect(!lines.isEmpty, "\(scratch.logs)")
        for line in lines { #expect(line.contains("KHOINS_") || line.contains("/nowhere/data")) }
        #expect(try scratch.filesThatTell(secretToken) == [])
    }

    @Test("makes no file of a name that is refused", arguments: WayIn.testable([.cgi, .passedSocket]))
    func refusedLog(way: WayIn) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try scratch.writeSettings("KHOINS_LOG=../run/k.log # log\n")
        try way.start(in: installation)
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 500)
        #expect(scratch.logs.contains("event=misconfigured reason=\"KHOINS_LOG holds"), "\(scratch.logs)")
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("run"))
        #expect(!names.contains { $0.contains("log") })
    }

    @Test(
        "of the page is named in the log, and keeps no callback away",
        arguments: WayIn.testable([.cgi, .passedSocket]),
        ["pendek", "\(secretToken)", "kunci-halaman-yang-panjang # x"])
    func closedPage(way: WayIn, key: String) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try scratch.writeSettings("KHOINS_PAGE_KEY=\(key)\n")
        try way.start(in: installation)
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)
        let page = Request("GET", "/laporan/khoins/panel")
        #expect(try installation.door.send(page).status == 403)
        #expect(scratch.logs.contains("event=misconfigured reason=\"KHOINS_PAGE_KEY "), "\(scratch.logs)")
        #expect(!scratch.logs.contains(key))
    }

    @Test(
        "is told in the operator's own log too, where that is named", arguments: WayIn.testable([.cgi, .passedSocket]))
    func reasonInOwnLog(way: WayIn) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let log = scratch.file("run/own.log")
        try scratch.write("KHOINS_LOG=\(log)\nKHOINS_TOKEN=x # y\n", to: "etc/khoins-callback.env", secret: true)
        try way.start(in: installation)
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 500)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("Z event=misconfigured reason="))
    }
}
