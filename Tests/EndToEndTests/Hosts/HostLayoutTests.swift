import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The wrapper for shared hosts")
struct HostLayoutTests {
    /// Where a host puts what is served, and where from the account's home the wrapper lies then.
    static let layouts: KeyValuePairs = [
        "cPanel": "public_html/cgi-bin",
        "cPanel, an add-on domain below public_html": "public_html/toko.example/cgi-bin",
        "cPanel, an add-on domain beside it": "toko.example/cgi-bin",
        "DirectAdmin": "domains/toko.example/public_html/cgi-bin",
        "DirectAdmin, a subdomain": "domains/toko.example/public_html/kasir/cgi-bin",
        "Plesk": "httpdocs/cgi-bin",
        "Plesk, cgi-bin of its own": "cgi-bin",
        "everything in one folder": "khoins-callback",
    ]

    /// An account whose handler lies in its home, and the wrapper in a folder of it.
    private func account(wrapperIn folder: String) throws -> (scratch: Scratch, door: CGIDoor) {
        let scratch = try Scratch()
        try scratch.makeDirectory("home/khoins-callback")
        try scratch.makeDirectory("home/\(folder)")
        // A copy, since it gets another owner; installExecutable makes a link.
        let copy = try ChildProcess.run(
            Command("/bin/cp", try TestBinary.path(), scratch.file("home/khoins-callback/khoins-callback")),
            in: scratch, name: "cp")
        #expect(copy.status == 0, "\(copy.errors)")
        try scratch.write(
            "KHOINS_DATA=./data\nKHOINS_TOKEN=\(secretToken)\n", to: "home/khoins-callback/khoins-callback.env",
            secret: true)
        try scratch.writeProgram(
            Template.read("scripts/examples/cgi-bin/khoins.cgi", replacing: [:]), to: "home/\(folder)/khoins.cgi")
        for name in ["home/khoins-callback", "home/\(folder)", "home/\(folder)/khoins.cgi"] {
            ServerUser.own(scratch.file(name))
        }
        ServerUser.own(scratch.file("home/khoins-callback/khoins-callback"))
        return (scratch, door(scratch, "home/\(folder)/khoins.cgi"))
    }

    private func door(_ scratch: Scratch, _ wrapper: String) -> CGIDoor {
        var door = CGIDoor(scratch)
        door.command = Command([scratch.file(wrapper)]).asServerUser
        return door
    }

    private func log(_ scratch: Scratch, _ folder: String = "home/khoins-callback") -> String {
        let bytes = FileManager.default.contents(atPath: scratch.file("\(folder)/khoins-callback.log"))
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }

    @Test("finds the program wherever a host puts what is served", arguments: layouts.map(\.value))
    func layout(folder: String) throws {
        let (scratch, door) = try account(wrapperIn: folder)
        let reply = try door.send(Request(posting: Body.t1))
        #expect(reply.json?["result"] == "created", "\(reply.text) \(log(scratch))")
        #expect(FileManager.default.fileExists(atPath: scratch.file("home/khoins-callback/data/transactions")))
    }

    @Test("finds it where public_html is a link, as DirectAdmin makes it")
    func link() throws {
        let (scratch, _) = try account(wrapperIn: "domains/toko.example/public_html/cgi-bin")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("home/public_html"), withDestinationPath: "domains/toko.example/public_html")
        let reply = try door(scratch, "home/public_html/cgi-bin/khoins.cgi").send(Request(posting: Body.t1))
        #expect(reply.json?["result"] == "created", "\(reply.text) \(log(scratch))")
    }

    @Test("takes the nearest, and goes where home= says")
    func nearest() throws {
        let (scratch, door) = try account(wrapperIn: "public_html/cgi-bin")
        try scratch.makeDirectory("home/public_html/khoins-callback")
        let near = try scratch.writeProgram(
            "#!/bin/sh\nprintf 'Status: 201 Near\\r\\n\\r\\n'\n", to: "home/public_html/khoins-callback/khoins-callback"
        )
        try scratch.write("", to: "home/public_html/khoins-callback/khoins-callback.env")
        ServerUser.own(near)
        #expect(try door.send(Request("GET")).status == 201)
        let wrapper = "scripts/examples/cgi-bin/khoins.cgi"
        try scratch.writeProgram(
            Template.read(wrapper, replacing: ["\nhome=\n": "\nhome=../../khoins-callback\n"]),
            to: "home/public_html/cgi-bin/other.cgi")
        #expect(try self.door(scratch, "home/public_html/cgi-bin/other.cgi").send(Request("GET")).status == 200)
    }

    @Test("runs nobody else's program that lies above the account", .enabled(if: ServerUser.isRoot, "needs root"))
    func foreign() throws {
        let (scratch, door) = try account(wrapperIn: "public_html/cgi-bin")
        // An account whose name is khoins-callback, beside ours.
        #expect(chown(scratch.file("home/khoins-callback/khoins-callback"), 65_534, 65_534) == 0)
        #expect(try door.send(Request("GET")).status == 500)
        #expect(log(scratch, "home/public_html/cgi-bin").contains("no folder khoins-callback"))
    }

    struct Fault: Sendable {
        var name: String
        var reason: String
        var make: @Sendable (Scratch) throws -> Void
    }

    static let faults = [
        Fault(name: "no program", reason: "no folder khoins-callback with the executable") {
            unlink($0.file("home/khoins-callback/khoins-callback"))
        },
        Fault(name: "a program without its mode", reason: "give it the mode 0755") {
            // A copy: the executable under test may be a link to it.
            let file = "home/khoins-callback/khoins-callback"
            unlink($0.file(file))
            try $0.write("no program", to: file)
            ServerUser.own($0.file(file))
        },
        Fault(name: "no settings", reason: "no settings") {
            unlink($0.file("home/khoins-callback/khoins-callback.env"))
        },
        Fault(name: "another machine's program", reason: "is it for this kind of machine") {
            let file = "home/khoins-callback/khoins-callback"
            unlink($0.file(file))
            try $0.writeProgram("\u{7F}ELF\u{2}\u{1}\u{1}", to: file)
            ServerUser.own($0.file(file))
        },
    ]

    @Test("says why in a log that the account can read, and a stranger cannot", arguments: faults.map(\.name))
    func refusal(name: String) throws {
        let fault = try #require(Self.faults.first { $0.name == name })
        let (scratch, door) = try account(wrapperIn: "public_html/cgi-bin")
        try fault.make(scratch)
        let ending = try door.run(Request("GET"))
        let reply = try Reply(cgi: ending.bytes)
        #expect(reply.status == 500)
        #expect(reply.json == ["status": "error", "error": "internal error"])
        let folder = name == "no program" ? "home/public_html/cgi-bin" : "home/khoins-callback"
        #expect(log(scratch, folder).contains(fault.reason), "\(log(scratch, folder)) \(ending.errors)")
        #expect(ending.errors.contains(fault.reason))
        var status = stat()
        #expect(stat(scratch.file("\(folder)/khoins-callback.log"), &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
    }

    @Test("keeps two short logs, however often it is asked")
    func bounded() throws {
        let (scratch, door) = try account(wrapperIn: "public_html/cgi-bin")
        let folder = "home/khoins-callback"
        unlink(scratch.file("\(folder)/khoins-callback.env"))
        try scratch.write(String(repeating: "x", count: 70_000), to: "\(folder)/khoins-callback.log", secret: true)
        try scratch.write("older", to: "\(folder)/khoins-callback.log.1", secret: true)
        for _ in 0..<2 { #expect(try door.send(Request("GET")).status == 500) }
        #expect(log(scratch).split(separator: "\n").count == 2)
        #expect(FileManager.default.contents(atPath: scratch.file("\(folder)/khoins-callback.log.1"))?.count == 70_000)
    }
}
