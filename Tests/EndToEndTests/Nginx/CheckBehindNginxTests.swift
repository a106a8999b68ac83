import Foundation
import Glibc
import TestSupport
import Testing

@Suite("check, with a real nginx before the handler", .needs("nginx"))
struct CheckBehindNginxTests {
    private let installation: Installation
    private let handler: ChildProcess
    private let port: UInt16

    init() throws {
        installation = try Installation.prepared()
        let socket = installation.scratch.file("run/handler.sock")
        handler = try installation.serve(on: .unix(socket))
        port = try installation.nginx(handler: .unix(socket))
        try installation.waitUntilHealthy()
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)
    }

    private var url: String { "http://127.0.0.1:\(port)/laporan/khoins" }

    private func command(_ settings: [String: String], _ arguments: [String]) -> Command {
        var command = Command([installation.scratch.executable, "check"] + arguments).asServerUser
        command.environment = [
            "KHOINS_SETTINGS": installation.scratch.file("etc/khoins-callback.env"), "KHOINS_URL": url,
            "KHOINS_LISTEN": "unix:\(installation.scratch.file("run/handler.sock"))",
        ].merging(settings) { $1 }
        return command
    }

    /// The exit status, and the lines that are not fine; room on the machine's disk is its own business.
    private func check(_ settings: [String: String] = [:], _ arguments: String...) throws -> (Int32, [String]) {
        let ending = try ChildProcess.run(command(settings, arguments), in: installation.scratch, name: "check")
        let output = ending.output
        #expect(ending.errors == "" && !output.contains(secretToken))
        let lines = output.split(separator: "\n").map { String($0).replacing(#/ {2,}/#, with: "  ") }
        #expect(lines.count >= 6)
        return (ending.status, lines.filter { !$0.hasPrefix("ok ") && !$0.hasPrefix("warning  f") })
    }

    private var shown: String { "\(url)/TOKEN" }

    @Test("finds every link in order, wherever the URL and its token come from", .needs("curl"))
    func fine() throws {
        let wholeURL = "\(url)/\(secretToken)"
        for settings in [[:], ["KHOINS_URL": wholeURL], ["KHOINS_URL": "\(url)?token=\(secretToken)"]] {
            let (status, lines) = try check(settings)
            #expect(status == 0 && lines == [])
        }
        let (status, lines) = try check(["KHOINS_URL": "http://nowhere.invalid/"], "--url", url)
        #expect(status == 0 && lines == [])
        // From the settings file alone.
        try installation.scratch.writeSettings("KHOINS_URL=\(wholeURL)\n")
        let fromFile = try check(["KHOINS_URL": ""])
        #expect(fromFile.0 == 0 && fromFile.1 == [])
    }

    @Test("says that the handler is down, and that it is not the web server")
    func handlerDown() throws {
        handler.stop()
        let (status, lines) = try check()
        let address = "unix:\(installation.scratch.file("run/handler.sock"))"
        #expect(status == 1 && lines.count == 2)
        #expect(
            lines.first?.hasPrefix("bad  socket  nobody serves on \(address) (No such file or directory): ") == true)
        #expect(
            lines.last
                == "bad  url  \(shown): 502: the web server does not reach khoins-callback: is it running, on the same socket?"
        )
    }

    @Test("says that the token is not the one that the handler wants")
    func wrongToken() throws {
        let (status, lines) = try check(["KHOINS_TOKEN": "yang-lain-0123456789"])
        #expect(status == 1 && lines.count == 2)
        #expect(lines.first?.contains("refuses these settings: restart the service, if they were changed") == true)
        #expect(
            lines.last
                == "bad  url  \(shown): 403 from khoins-callback: wrong token, or this machine's address is not in KHOINS_ALLOW"
        )
    }

    @Test("says that the path is none, and that the web server is another")
    func wrongPath() throws {
        let (status, lines) = try check(["KHOINS_URL": "http://127.0.0.1:\(port)/laporan/salah"])
        #expect(status == 1)
        #expect(
            lines == [
                "bad  url  http://127.0.0.1:\(port)/laporan/salah/TOKEN: 404: the web server knows no such path; "
                    + "compare it with the web server's configuration"
            ])
        let listing = try check(["KHOINS_URL": "http://127.0.0.1:\(port)/khoins-data/transactions/x.json?token=x"])
        #expect(listing.0 == 1 && listing.1.first?.hasSuffix("401: the web server asks for a password") == true)
    }

    @Test("says that no web server listens, by http and by https", .needs("curl"))
    func webServerDown() throws {
        // Nobody has asked for TLS there.
        let tls = try check(["KHOINS_URL": "https://127.0.0.1:\(port)/laporan/khoins"])
        #expect(tls.0 == 1 && tls.1.first?.contains("TLS failed, so KHOINS may not get through: curl: (35)") == true)
        installation.stop()
        try installation.serve(on: .unix(installation.scratch.file("run/handler.sock")))
        let (status, lines) = try check()
        #expect(status == 1)
        #expect(
            lines == [
                "bad  url  \(shown): no web server listens on port \(port) of 127.0.0.1, or a firewall is in between: "
                    + "Connection refused"
            ])
        let secure = try check(["KHOINS_URL": "https://127.0.0.1:\(port)/laporan/khoins"])
        #expect(secure.0 == 1 && secure.1.first?.contains("no web server listens there") == true)
    }

    @Test("says that callbacks cannot be stored", .enabled(if: ServerUser.isRoot))
    func notStored() throws {
        let journal = installation.scratch.file("home/data/journal")
        #expect(rename(journal, "\(journal).away") == 0)
        #expect(symlink("/nonexistent", journal) == 0)
        let (status, lines) = try check()
        #expect(status == 1)
        #expect(lines.contains { $0.contains(": 503 from khoins-callback: it cannot store callbacks now") }, "\(lines)")
    }
}
