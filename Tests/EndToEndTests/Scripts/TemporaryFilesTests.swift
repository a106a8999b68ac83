import Foundation
import TestSupport
import Testing

@Suite("A script's temporary files")
struct TemporaryFilesTests {
    private func checkEnd(
        _ status: Int32, whileMaking: String = ":", whileRemoving: String = ":", then: String
    ) throws {
        let scratch = try Scratch()
        let text = """
            set -euo pipefail
            . \(Repository.file("scripts/lib.sh"))
            mktemp() { command mktemp "$@"; \(whileMaking); }
            stop() { echo made; \(whileRemoving); }
            temporary made -d -t khoins-made.XXXXXX
            touch "$made/file"
            \(then)
            """
        var command = Command(["/usr/bin/env", "bash", "-c", text])
        command.environment = ["TMPDIR": scratch.file("run")]
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == status)
        #expect(ending.output == "made\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("run")) == [])
    }

    @Test("go when it ends and when it fails", arguments: [0, 2])
    func end(status: Int32) throws { try checkEnd(status, then: "exit \(status)") }

    /// Each comes where it does most harm: before the script knows what was made, and before it is removed.
    @Test("go when it is told to end, also twice", arguments: ["TERM", "HUP", "INT"], [1, 2])
    func signal(name: String, times: Int) throws {
        let status: Int32 = ["HUP": 129, "INT": 130][name] ?? 143
        let kill = Array(repeating: "kill -\(name) $$", count: times).joined(separator: "; ")
        // What is ignored when a script starts stays ignored, as under nohup(1).
        try checkEnd(status, whileMaking: kill, whileRemoving: kill, then: "exit \(status)")
    }
}
