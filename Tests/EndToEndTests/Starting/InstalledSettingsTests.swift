import Glibc
import TestSupport
import Testing

/// The file that scripts/install writes, in a mount namespace in which /etc is a test's own (unshare(1)).
@Suite("The installed settings", .enabled(if: ServerUser.isRoot, "needs root"), .needs("unshare", "setpriv"))
struct InstalledSettingsFileTests {
    private let scratch: Scratch
    private static let file = "/etc/khoins-callback/khoins-callback.env"

    init() throws {
        scratch = try Scratch()
        try scratch.installExecutable()
        try scratch.makeDirectory("home/data")
        ServerUser.own(scratch.data.path)
        try scratch.write("KHOINS_DATA=\(scratch.data.path)\nKHOINS_TOKEN=\(secretToken)\n", to: "etc/installed.env")
    }

    /// Runs a line of the shell where the file is installed, root's and a group's as scripts/install leaves it.
    private func run(_ line: String, environment: [String: String] = [:]) throws -> Ending {
        let script = """
            mount -t tmpfs none /etc && mkdir -m 0750 /etc/khoins-callback && cp \(scratch.file("etc/installed.env")) \
            \(Self.file) && chmod 0640 \(Self.file) && chgrp \(ServerUser.numericID) /etc/khoins-callback \(Self.file) \
            && PATH=\(scratch.file("bin")):$PATH && \(line)
            """
        var command = Command("unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script)
        command.environment = environment
        return try ChildProcess.run(command, in: scratch)
    }

    private static let stranger = "setpriv --reuid 65534 --regid 65534 --clear-groups --"
    private static let member = "setpriv --reuid 65534 --regid \(ServerUser.numericID) --clear-groups --"

    @Test("are found by every command of an operator")
    func found() throws {
        for command in ["expect KH-1", "list", "show KH-1", "stats", "verify", "follow --once", "import /dev/null"] {
            let ending = try run("khoins-callback \(command)")
            #expect(ending.status == 0, "\(command): \(ending)")
        }
        #expect(try run("khoins-callback archive --older-than 90d").status == 0)
        let check = try run("khoins-callback check")
        #expect(check.status == 0 && check.output.contains("settings file"), "\(check)")
        #expect(check.output.contains(Self.file) && check.output.contains("by one token"))
        #expect(scratch.data.names("transactions") == ["transactions/KH-1.json"])
        // A member of the group may read the settings, and looks at what it may look at.
        #expect(try run("\(Self.member) khoins-callback list").output.contains("KH-1"))
    }

    @Test("that this user may not read are named, with what to do")
    func unreadable() throws {
        let sentence =
            "cannot read \(Self.file): Permission denied; use sudo, or run this as a user whom its mode and folder let read it, such as one of its group"
        for command in [
            "list", "show KH-1", "stats", "verify", "follow --once", "expect KH-1", "archive --older-than 90d",
        ] {
            let ending = try run("\(Self.stranger) khoins-callback \(command)")
            #expect(ending == Ending(status: 2, output: "", errors: "khoins-callback: \(sentence)\n"), "\(command)")
        }
        let check = try run("\(Self.stranger) khoins-callback check")
        #expect(check.status == 1 && check.output.contains("bad  settings  \(sentence)"), "\(check)")
        // What is given is enough.
        let other = try run("\(Self.stranger) khoins-callback list --data \(scratch.file("run"))")
        #expect(other.status == 0 && other.errors.contains("holds no callbacks yet"), "\(other)")
    }

    @Test("are no handler's, which is told where its own are")
    func handlers() throws {
        let cgi = try run("khoins-callback", environment: ["GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"])
        #expect(cgi.output.hasPrefix("Status: 500 ") && cgi.errors.contains("no data directory: set KHOINS_DATA"))
    }
}
