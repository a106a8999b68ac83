import Foundation
import Glibc
import TestSupport
import Testing

/// What these tests look with must be able to see something.
@Suite("The tests' own tools")
struct SupportTests {
    private func filled() throws -> Installation {
        let installation = try Installation.prepared()
        let door = installation.scratch.cgiDoor
        for body in [Body.t1, Body.t1, Body.t2, ""] { _ = try door.send(Request(posting: body)) }
        #expect(try installation.scratch.data.findings() == [])
        return installation
    }

    /// Damage to a data directory, as shell commands in it.
    @Test(
        "find what is wrong with a data directory",
        arguments: [
            "rm transactions/abc-123.json", "rm rejected/*", "sed -i 's/\"count\": 2/\"count\": 1/' transactions/*",
            "chmod 0644 transactions/abc-123.json", "chmod 0755 rejected",
            "touch transactions/.x.tmp; chmod 0640 transactions/.x.tmp",
            ": >topups/x.json; chmod 0640 topups/x.json", "sed -i 's/abc-123/abc-124/2' transactions/abc-123.json",
            "sed -i 's/\"journal\": [0-9]*/\"journal\": 1/' transactions/KH-9002.json",
            "tail -n 1 journal/*.jsonl >>journal/*.jsonl",
        ])
    func findings(damage: String) throws {
        let installation = try filled()
        let scratch = installation.scratch
        scratch.leavesDamage()
        let ending = try ChildProcess.run(
            Command("/usr/bin/env", "-C", scratch.data.path, "/bin/sh", "-c", damage), in: scratch)
        #expect(ending.status == 0, "\(ending.errors)")
        let findings = try? scratch.data.findings()
        #expect(findings != [])
    }

    @Test("find a secret in a log")
    func secret() throws {
        let scratch = try Scratch()
        try scratch.write("GET /laporan/khoins/\(secretToken) 200\n", to: "logs/access.log")
        #expect(try scratch.filesThatTell(secretToken) == ["access.log"])
    }

    @Test("refuse to replace what a configuration file does not hold")
    func template() {
        #expect(throws: Template.Unchanged.self) {
            try Template.read("nginx.conf.example", replacing: ["listen 81;": ""])
        }
    }

    @Test("stop waiting for what does not come")
    func waiting() {
        #expect(throws: TimedOut.self) { try wait(for: "nothing", seconds: 0) { false } }
    }

    @Test(
        "let nothing pass unseen in CI", arguments: [("CI", "true"), ("CI", "1"), ("KHOINS_TEST_REQUIRE_SERVERS", "1")])
    func required(name: String, value: String) {
        #expect(ServerProgram.isRequired([name: value]))
        #expect(!ServerProgram.isRequired([name: "0"]))
        #expect(!ServerProgram.isRequired([:]))
    }

    @Test("tell a process that was killed from one that ended")
    func endings() throws {
        let scratch = try Scratch()
        #expect(try ChildProcess.run(Command("/bin/sh", "-c", "exit 3"), in: scratch).status == 3)
        #expect(try ChildProcess.run(Command("/bin/sh", "-c", "kill -9 $$"), in: scratch).status == 137)
        let process = try ChildProcess(Command("/bin/sleep", "600"), in: scratch)
        #expect(process.isRunning)
        process.stop()
        #expect(!process.isRunning)
    }

    @Test("clean up after themselves")
    func cleaning() throws {
        var scratch: Scratch? = try Scratch()
        let path = try #require(scratch?.path)
        #expect(access(path, F_OK) == 0)
        scratch = nil
        #expect(access(path, F_OK) != 0)
    }
}
