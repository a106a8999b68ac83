import Foundation
import TestSupport
import Testing

@Suite("A setting")
struct SettingsAtStartTests {
    /// The limit that a program says it has, which tells where its settings came from.
    private func limit(_ door: any Door) throws -> String? {
        try door.send(Request(posting: Body.padded("x", to: 1_000))).json?["error"]?.string
    }

    private func sentence(_ bytes: Int) -> String { "the body is larger than \(bytes) bytes" }

    @Test("from a flag counts before one from the environment, and that before one from the file")
    func precedence() throws {
        let installation = try Installation.prepared(settings: "KHOINS_MAX_BODY=100\n")
        let environments: [[String: String]] = [[:], ["KHOINS_MAX_BODY": "200"]]
        let flags: [[String]] = [[], ["--max-body", "300"]]
        for (environment, flag, expected) in [
            (environments[0], flags[0], 100), (environments[1], flags[0], 200), (environments[1], flags[1], 300),
            (environments[0], flags[1], 300),
        ] {
            let address = Address.unix(installation.scratch.file("run/x\(expected).sock"))
            var command = try installation.serveCommand(on: address)
            command.environment.merge(environment) { $1 }
            command.arguments += flag
            let process = try installation.start("serve", command)
            try wait(for: "socket") { !process.isRunning || (try? StreamSocket(connectingTo: address)) != nil }
            #expect(try limit(FastCGIDoor(address: address)) == sentence(expected))
            process.stop()
        }
    }

    @Test("of another directory counts for everything that is kept")
    func dataDirectory() throws {
        let installation = try Installation.prepared()
        let other = installation.scratch.file("home/other")
        var environment = installation.scratch.settings
        #expect(
            try CGIDoor(installation.scratch, environment: environment).send(Request(posting: Body.t1)).status == 200)
        environment["KHOINS_DATA"] = other
        #expect(
            try CGIDoor(installation.scratch, environment: environment).send(Request(posting: Body.t2)).status == 200)
        #expect(installation.scratch.data.names("transactions") == ["transactions/abc-123.json"])
        #expect(DataDirectory(path: other).names("transactions") == ["transactions/KH-9002.json"])
    }

    @Test("lies in a file beside the executable where no other is named, however it was started")
    func besideExecutable() throws {
        let scratch = try Scratch()
        try scratch.installExecutable()
        try scratch.writeSettings("KHOINS_MAX_BODY=100\n", to: "bin/khoins-callback.env")
        #expect(try limit(CGIDoor(scratch)) == sentence(100))
        // By a name in the current directory, as suexec does.
        var door = CGIDoor(scratch)
        door.command.arguments = ServerUser.prefix + ["/usr/bin/env", "-C", scratch.file("bin"), "./khoins-callback"]
        #expect(try limit(door) == sentence(100))
        try scratch.writeSettings("KHOINS_MAX_BODY=200\n")
        #expect(try limit(scratch.cgiDoor) == sentence(200))
    }

    @Test(
        "does not come from arguments under CGI, which are a stranger's",
        arguments: [
            ["--help"], ["--version"], ["serve", "--listen", "127.0.0.1:9"], ["--max-body", "1"], ["--open"],
            ["--bogus"],
        ])
    func argumentsUnderCGI(arguments: [String]) throws {
        let installation = try Installation.prepared()
        let settings = installation.scratch.settings
        let door = CGIDoor(installation.scratch, environment: settings, arguments: arguments)
        #expect(try door.send(Request(posting: Body.t1)).json?["result"] == "created")
        #expect(try door.send(Request("POST", "/laporan/khoins/x")).status == 403)
    }

    @Test("of several tokens opens with each of them, also from a token file")
    func severalTokens() throws {
        let installation = try Installation.prepared(settings: "KHOINS_ALLOW=127.0.0.1\n")
        let scratch = installation.scratch
        let address = Address.unix(scratch.file("run/x.sock"))
        let tokens = try scratch.write("lama-1,baru-2\n", to: "etc/token", secret: true)
        try installation.start("serve", installation.serveCommand(on: address, "--token-file", tokens))
        let door = FastCGIDoor(address: address)
        try wait(for: "socket") { (try? StreamSocket(connectingTo: address)) != nil }
        for (token, status) in [("lama-1", 200), ("baru-2", 200), (secretToken, 403), ("lama-1,baru-2", 403)] {
            #expect(try door.send(Request("GET", "/laporan/khoins/\(token)")).status == status, "\(token)")
        }
        installation.stop()
        #expect(try scratch.filesThatTell("lama-1") == [])
    }

    @Test(
        "of the mask changes no mode of what is kept, under CGI as under serve",
        arguments: ["000", "022", "077", "777"])
    func mask(mask: String) throws {
        let installation = try Installation.prepared()
        let settings = installation.scratch.settings
        var door = CGIDoor(installation.scratch, environment: settings)
        door.command.arguments = ["/bin/sh", "-c", "umask \(mask); exec \"$@\"", "sh"] + door.command.arguments
        #expect(try door.send(Request(posting: Body.t1)).status == 200)
        #expect(try door.send(Request(posting: "no callback")).status == 400)
        #expect(try door.send(Request(posting: Body.u1)).status == 200)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test(
        "of a token with a remark behind it open for nobody",
        arguments: [
            "KHOINS_TOKEN=\(secretToken) # token khoins", "KHOINS_TOKEN=\(secretToken) khoins",
            "KHOINS_TOKEN=\"\(secretToken)\" # x",
            "KHOINS_TOKEN=", "KHOINS_TOKEN=metrics", "KHOINS_DATA=/tmp/khoins-x # note",
        ])
    func remark(line: String) throws {
        let scratch = try Installation.prepared(settings: line + "\nKHOINS_ALLOW=127.0.0.1\n").scratch
        let door = scratch.cgiDoor
        for token in ["khoins", "token", "#", "", secretToken] {
            let reply = try door.send(Request("POST", "/laporan/khoins/\(token)"))
            #expect(reply.status == 500 && reply.json == ["status": "error", "error": "internal error"])
        }
        #expect(!FileManager.default.fileExists(atPath: "/tmp/khoins-x # note"))
        #expect(try scratch.filesThatTell(secretToken) == [])
    }

    @Test("that nobody knows are named in the log at the start, and the rest counts")
    func unknown() throws {
        let installation = try Installation.prepared(settings: "KHOINS_TOKN=x\nPASSWORD=x\n")
        let settings = installation.scratch.settings
        let ending = try CGIDoor(installation.scratch, environment: settings).run(Request(posting: Body.t1))
        #expect(try Reply(cgi: ending.bytes).status == 200)
        let line =
            #"event=ignored reason="KHOINS_TOKN stands in the settings file, and there is no such setting: nothing is set by it; is KHOINS_TOKEN meant?"#
        #expect(
            ending.errors.contains(line)
                && !ending.errors.contains("PASSWORD"))
        try installation.serve(on: .unix(installation.scratch.file("run/x.sock")))
        try wait(for: "line") { installation.scratch.logs.contains(line) }
    }

    @Test("are found where a web server does not say that it speaks CGI", arguments: [[:], ["QUERY_STRING": ""]])
    func noInterface(more: [String: String]) throws {
        let scratch = try Installation.prepared().scratch
        var command = Command(scratch.executable).asServerUser
        command.environment = Request(posting: Body.t1).variables.merging(more) { $1 }
        command.environment["GATEWAY_INTERFACE"] = nil
        command.environment["KHOINS_SETTINGS"] = scratch.file("etc/khoins-callback.env")
        command.input = Array(Body.t1.utf8)
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(try ending.status == 0 && Reply(cgi: ending.bytes).json?["result"] == "created")
        command.environment["REQUEST_METHOD"] = nil
        let lost = try ChildProcess.run(command, in: scratch)
        #expect(lost.status == 64 && lost.bytes == [] && lost.errors.contains("USAGE: "))
        #expect(try scratch.data.journal().count == 1)
    }
}
