import Foundation
import TestSupport
import Testing

/// How the scripts get a Swift where the machine has none that is new enough. `scripts/test --fresh` does it in earnest;
/// here the toolchain says no more than its version, and packages are another matter.
@Suite("A Swift for the project alone", .needs("gpgv", "curl", "script"))
struct ToolchainTests {
    private struct Mirror {
        var archive = SignedToolchain.plain(SignedToolchain.archive)
        var signature: Data? = SignedToolchain.plain(SignedToolchain.signature)
        var keys = Data(SignedToolchain.key.utf8)
    }

    private func serve(_ mirror: Mirror, in scratch: Scratch) throws {
        let folder = "home/mirror/swift-6.3.1-release/debian12/swift-6.3.1-RELEASE"
        try scratch.makeDirectory(folder)
        let file = scratch.file("\(folder)/\(SignedToolchain.name).tar.gz")
        try mirror.archive.write(to: URL(fileURLWithPath: file))
        try mirror.signature?.write(to: URL(fileURLWithPath: "\(file).sig"))
        try mirror.keys.write(to: URL(fileURLWithPath: scratch.file("home/keys")))
        // The machine's own, too old.
        try scratch.writeProgram("#!/bin/sh\necho 'Swift version 5.9.2 (swift-5.9.2-RELEASE)'\n", to: "bin/swift")
    }

    /// What a script does that needs Swift, on a machine with an old one.
    private func script(_ more: String, _ path: String) -> String {
        """
        set -euo pipefail
        . '\(Repository.file("scripts/lib.sh"))'
        PATH='\(path)':$PATH
        swift_platform() { printf 'debian12 debian12'; }
        apt-cache() { :; }
        is_installed() { true; }
        sudo() { false; }
        install_packages() { echo "packages: $*"; }
        \(more)
        prepare --swift
        swift --version
        """
    }

    private func run(
        _ scratch: Scratch, _ more: String = "", environment: [String: String] = [:], answer: String? = nil
    ) throws -> Ending {
        let file = try scratch.writeProgram(
            "#!/usr/bin/env bash\n\(script(more, scratch.file("bin")))", to: "run/needs-swift")
        var command = Command([file])
        if let answer {
            command = Command(["/usr/bin/script", "--quiet", "--return", "--command", file, "/dev/null"])
            command.input = Array(answer.utf8)
        }
        command.environment = [
            "HOME": scratch.file("home"), "KHOINS_SWIFT_URL": "file://\(scratch.file("home/mirror"))",
            "KHOINS_SWIFT_KEYS": scratch.file("home/keys"),
        ].merging(environment) { $1 }
        return try ChildProcess.run(command, in: scratch, name: "needs-swift")
    }

    private func cache(_ scratch: Scratch) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: scratch.file("home/.cache/khoins-callback"))) ?? []
    }

    private func words(_ ending: Ending) -> String { ending.output }

    @Test("is fetched when somebody agrees, and once", arguments: ["assume_yes=yes", "CI=true"])
    func agreed(how: String) throws {
        let scratch = try Scratch()
        try serve(Mirror(), in: scratch)
        let first = try run(scratch, how)
        #expect(first.status == 0 && words(first).contains("6.3.1"), "\(first.errors)")
        #expect(first.errors.contains("This machine has Swift 5.9.2; 6.2 or newer is needed."))
        #expect(cache(scratch) == ["swift-6.3.1"])
        try FileManager.default.removeItem(atPath: scratch.file("home/mirror"))
        let second = try run(scratch)
        #expect(second.status == 0 && words(second).contains("6.3.1") && second.errors == "", "\(second.errors)")
    }

    @Test("is asked for on a terminal, with its size", arguments: [("y\n", true), ("n\n", false), ("\n", false)])
    func asked(answer: String, isFetched: Bool) throws {
        let scratch = try Scratch()
        try serve(Mirror(), in: scratch)
        let ending = try run(scratch, answer: answer)
        #expect(ending.status == (isFetched ? 0 : 2), "\(words(ending))")
        #expect(words(ending).contains("GB") && words(ending).contains("[y/N]"))
        #expect(cache(scratch) == (isFetched ? ["swift-6.3.1"] : []))
    }

    @Test("is not fetched where nobody can be asked; the line to type is said")
    func silent() throws {
        let scratch = try Scratch()
        try serve(Mirror(), in: scratch)
        let ending = try run(scratch)
        #expect(ending.status == 2)
        #expect(ending.errors.hasSuffix("--yes\n") && ending.errors.contains("scripts/build"), "\(ending.errors)")
        #expect(cache(scratch) == [])
    }

    @Test(
        "is not unpacked without a signature that holds",
        arguments: ["another file's", "an unknown key's", "an expired key's", "none", "no keys"])
    func signature(whose: String) throws {
        let scratch = try Scratch()
        var mirror = Mirror()
        switch whose {
        case "another file's": mirror.archive += [0]
        case "an unknown key's": mirror.signature = SignedToolchain.plain(SignedToolchain.foreignSignature)
        case "an expired key's":
            mirror.signature = SignedToolchain.plain(SignedToolchain.expiredSignature)
            mirror.keys = Data(SignedToolchain.expiredKey.utf8)
        case "none": mirror.signature = nil
        default: mirror.keys = Data()
        }
        try serve(mirror, in: scratch)
        let ending = try run(scratch, "assume_yes=yes")
        #expect(ending.status == 2, "\(ending.errors)")
        #expect(ending.errors.contains(whose == "none" ? "could not fetch" : "does not hold"), "\(ending.errors)")
        #expect(cache(scratch) == [])
    }

    @Test("has its signature checked by any of several keys, in text or not", arguments: [true, false])
    func keys(isText: Bool) throws {
        let scratch = try Scratch()
        var mirror = Mirror()
        mirror.keys = Data("\(SignedToolchain.expiredKey)\n\(SignedToolchain.key)\n".utf8)
        if !isText {
            let lines = SignedToolchain.key.split(separator: "\n").dropFirst().dropLast(2)
            mirror.keys = SignedToolchain.plain(lines.joined())
        }
        try serve(mirror, in: scratch)
        let ending = try run(scratch, "assume_yes=yes")
        #expect(ending.status == 0, "\(ending.errors)")
    }

    @Test("is refused where its signature cannot be checked, and gpgv is among what is to be installed")
    func withoutChecker() throws {
        let scratch = try Scratch()
        try serve(Mirror(), in: scratch)
        let without = #"have() { [[ $1 != gpgv ]] && command -v "$1" >/dev/null; }"#
        // As if the package had not brought it.
        let ending = try run(scratch, "\(without); assume_yes=yes")
        #expect(words(ending).contains("packages: gpgv"), "\(words(ending))")
        #expect(ending.status == 2 && ending.errors.contains("gpgv"), "\(ending.errors)")
        #expect(cache(scratch) == [])
    }

    @Test("is not fetched where the machine's own is new enough")
    func newEnough() throws {
        let scratch = try Scratch()
        try serve(Mirror(), in: scratch)
        try scratch.writeProgram(
            "#!/bin/sh\necho 'Apple Swift version 6.10 (swift-6.10-RELEASE)'\n", to: "bin/swift")
        let ending = try run(scratch)
        #expect(ending.status == 0 && words(ending).contains("6.10") && ending.errors == "", "\(ending.errors)")
    }
}
