import Foundation
import TestSupport
import Testing

/// The version that `scripts/build` gives what it builds, as lib.sh makes it from Version.swift and the commit.
@Suite("The version of a build")
struct VersionTests {
    private let scratch: Scratch

    /// A repository with the files that matter.
    init() throws {
        scratch = try Scratch()
        for name in [
            "scripts/lib.sh", "scripts/toolchain.sh", "Sources/khoins-callback/Options/Version.swift", "Package.swift",
            ".gitignore",
        ] {
            try scratch.makeDirectory("run/clone/\((name as NSString).deletingLastPathComponent)")
            try scratch.write(
                try String(contentsOfFile: Repository.file(name), encoding: .utf8), to: "run/clone/\(name)")
        }
    }

    private func bash(_ script: String) throws -> String {
        var command = Command(["/usr/bin/env", "-C", scratch.file("run/clone"), "bash", "-euc", script])
        command.environment = [
            "HOME": scratch.file("home"), "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example.com",
            "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example.com", "GIT_CONFIG_NOSYSTEM": "1",
        ]
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == 0, "\(ending.errors)")
        return ending.output
    }

    private func version() throws -> String { try bash(". scripts/lib.sh; version") }

    @Test("is the number in Version.swift, the commit, and whether the sources are as committed")
    func commit() throws {
        let number = try bash(". scripts/lib.sh; version_number").replacing("\n", with: "")
        #expect(number.wholeMatch(of: #/\d+\.\d+\.\d+(-[a-z]+)?/#) != nil)
        // An archive that was unpacked, here and within somebody else's clone.
        #expect(try version() == number)
        _ = try bash("git init -q ..")
        #expect(try version() == number)
        // A clone without a commit.
        _ = try bash("git init -q .")
        #expect(try version() == number)

        let commit = try bash("git add -A; git commit -qm x; git rev-parse HEAD").prefix(10)
        #expect(try version() == "\(number)+\(commit)")
        // What the build itself writes, and what is no source.
        _ = try bash("touch Sources/khoins-callback/Options/Commit.swift; touch notes")
        #expect(try version() == "\(number)+\(commit)")
        for change in ["touch Sources/khoins-callback/New.swift", "echo >>Package.swift"] {
            _ = try bash(change)
            #expect(try version() == "\(number)+\(commit).dirty")
            _ = try bash("git stash -qu")
            #expect(try version() == "\(number)+\(commit)")
        }
    }

    @Test("is what a release build says", .enabled(if: TestBinary.isRelease))
    func release() throws {
        let ending = try ChildProcess.run(Command(try TestBinary.path(), "--version"), in: scratch)
        let said = ending.output
        let isClone = FileManager.default.fileExists(atPath: Repository.file(".git"))
        #expect(said.contains("+") == isClone, "\(said)")
    }
}
