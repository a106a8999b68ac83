import Foundation
import TestSupport
import Testing

@Suite("Every script")
struct ScriptUsageTests {
    /// Those that can be run; `lib.sh` cannot.
    static let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: Repository.file("scripts"))) ?? [])
        .filter { name in
            var isDirectory: ObjCBool = false
            let path = Repository.file("scripts/\(name)")
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
                && FileManager.default.isExecutableFile(atPath: path)
        }.sorted()

    @Test("is there")
    func all() {
        #expect(Set(Self.scripts).isSuperset(of: ["build", "install", "run", "send-callback", "test"]))
    }

    @Test("says with --help how to use it", arguments: scripts)
    func help(script: String) throws {
        let scratch = try Scratch()
        let ending = try ChildProcess.run(Command(script: script, ["--help"], in: scratch), in: scratch)
        #expect(ending.status == 0)
        #expect(ending.output.contains("Usage: scripts/\(script)"))
        #expect(ending.errors == "")
    }

    /// Also `scripts/test`, which hands to the test runner what that knows, and asks it before it builds anything.
    @Test("ends with 64 on an option that it does not know", arguments: scripts)
    func unknownOption(script: String) throws {
        let scratch = try Scratch()
        let path = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        let command = Command(script: script, ["--bogus"], in: scratch, environment: path)
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == 64)
        #expect(ending.output == "")
        #expect(ending.errors.contains("--bogus"))
    }
}
