import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The token is nowhere to be read")
struct TokenLeakTests {
    private static let other = "salah-9d8e7f6a5b"

    /// Requests of every kind, with the right token, a wrong one and none, in every place.
    private static var requests: [Request] {
        var requests: [Request] = []
        for token in [secretToken, other, ""] {
            for method in ["POST", "GET", "HEAD", "DELETE"] {
                for target in ["/laporan/khoins/\(token)", "/laporan/khoins?token=\(token)"] {
                    var request = Request(method, target)
                    request.body = method == "POST" ? Array(#"{"refid":"L-1","message":"{}"}"#.utf8) : []
                    requests.append(request)
                    request.body = method == "POST" ? Array("bukan JSON".utf8) : []
                    request.framing = .declared(70_000)
                    requests.append(request)
                    request.framing = .declared(99)
                    requests.append(request)
                }
            }
            var request = Request("POST", "/laporan/khoins")
            request.headers["X-Callback-Token"] = token
            requests.append(request)
        }
        return requests
    }

    private func expectNoToken(_ text: String, _ place: String) {
        #expect(!text.contains(secretToken) && !text.contains(Self.other), "\(place): \(text.prefix(500))")
    }

    @Test(
        "in answers, in the program's or the web server's logs, or among the files",
        arguments: WayIn.testable([.cgi, .fastCGI, .nginxUnix, .apacheCgid, .apacheFcgid, .apacheProxyFcgi, .lighttpd]))
    func answersAndLogs(way: WayIn) throws {
        let installation = try way.open()
        let isHTTP = installation.door is HTTPDoor
        // A web server waits for the rest of a body that a sender has announced.
        for request in Self.requests where !isHTTP || request.framing == .length {
            let reply = try installation.door.send(request)
            expectNoToken(reply.text, "answer to \(request.method) \(request.target)")
        }
        let data = installation.scratch.data.path
        for name in try FileManager.default.subpathsOfDirectory(atPath: data) {
            expectNoToken(
                String(decoding: FileManager.default.contents(atPath: "\(data)/\(name)") ?? Data(), as: UTF8.self), name
            )
            expectNoToken(name, "file name")
        }
        installation.stop()
        let logs = installation.scratch.file("logs")
        var length = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: logs) {
            let log = try String(contentsOfFile: "\(logs)/\(name)", encoding: .utf8)
            expectNoToken(log, name)
            length += log.utf8.count
        }
        #expect(length > 500)
    }

    @Test(
        "in what is said about wrong settings",
        arguments: ["KHOINS_THREADS=x", "KHOINS_ACCESS=no", "KHOINS_ALLOW=y", "broken"])
    func wrongSettings(_ line: String) throws {
        let installation = try Installation.prepared(settings: "\(line)\n")
        let door = installation.scratch.cgiDoor
        let ending = try door.run(Request("GET"))
        #expect(try Reply(cgi: ending.bytes).status == 500)
        #expect(ending.errors.contains("event=misconfigured"))
        expectNoToken(ending.errors + ending.output, line)
        let serve = installation.serveCommandForFailure()
        let end = try ChildProcess.run(serve, in: installation.scratch)
        #expect(end.status == 2)
        expectNoToken(end.errors, line)
    }

    @Test("in the list of processes, a core dump, or the eyes of another process of the same user")
    func process() throws {
        let key = String(repeating: "5d", count: 16)
        let installation = try Installation.prepared(settings: "KHOINS_PAGE_KEY=\(key)\n")
        let process = try installation.serve(on: .unix(installation.scratch.file("run/handler.sock")))
        let files = try ["cmdline", "limits", "status"].map { name in
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/\(process.id)/\(name)")), as: UTF8.self)
        }
        expectNoToken(files[0], "command line")
        #expect(!files[0].contains(key))
        let core = try #require(files[1].split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").suffix(3).first == "0", "\(core)")
        // What belongs to an undumpable process belongs to root in /proc (proc(5)): the user itself may not read it.
        var status = stat()
        #expect(stat("/proc/\(process.id)/environ", &status) == 0)
        #expect(status.st_uid == 0)
        if ServerUser.isRoot { #expect(files[2].contains("Uid:\t\(ServerUser.numericID)")) }
    }

    /// A `curl` that only writes down how it was called.
    private func fakeCurl(in scratch: Scratch) throws {
        let script = """
            #!/bin/sh
            tr '\\0' ' ' </proc/$$/cmdline >>\(scratch.file("run/arguments"))
            env >>\(scratch.file("run/environment"))
            cat >>\(scratch.file("run/input"))
            printf '{"status":"ok"}\\n200'
            """
        try scratch.writeProgram(script, to: "bin/curl")
    }

    private func written(_ name: String, _ scratch: Scratch) throws -> String {
        try String(contentsOfFile: scratch.file("run/\(name)"), encoding: .utf8)
    }

    @Test("in the arguments of the programs that it runs")
    func arguments() throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try fakeCurl(in: scratch)
        let path = "PATH=\(scratch.file("bin")):/usr/local/bin:/usr/bin:/bin"
        var check = Command("/usr/bin/env", path, scratch.executable, "check", "--url", "https://toko.example/khoins")
            .asServerUser
        check.environment = scratch.settings
        let checked = try ChildProcess.run(check, in: scratch)
        #expect(try written("input", scratch) == "url = \"https://toko.example/khoins/\(secretToken)\"\n")
        expectNoToken(try written("arguments", scratch) + written("environment", scratch), "curl of check")
        expectNoToken(checked.output + checked.errors, "check")

        var send = Command("/usr/bin/env", path, Repository.file("scripts/send-callback"), "--shape", "T1")
        send.environment = ["KHOINS_URL": "https://toko.example/khoins/\(secretToken)"]
        let sent = try ChildProcess.run(send, in: scratch)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try written("input", scratch).contains("https://toko.example/khoins/\(secretToken)"))
        expectNoToken(try written("arguments", scratch), "curl of send-callback")
        expectNoToken(sent.output + sent.errors, "send-callback")
    }

    @Test("can be seen by this test where it is not kept secret")
    func control() throws {
        let installation = try Installation.prepared()
        let sleeper = try installation.start("sleep", Command("/bin/sleep", "60").asServerUser)
        try wait(for: "sleep") {
            (try? String(contentsOfFile: "/proc/\(sleeper.id)/comm", encoding: .utf8)) == "sleep\n"
        }
        var status = stat()
        #expect(stat("/proc/\(sleeper.id)/environ", &status) == 0)
        #expect(!ServerUser.isRoot || status.st_uid == ServerUser.numericID)
    }
}

extension Installation {
    fileprivate func serveCommandForFailure() -> Command {
        scratch.command(["serve", "--listen", "unix:\(scratch.file("run/x.sock"))"])
    }
}
