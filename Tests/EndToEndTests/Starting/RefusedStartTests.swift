import Foundation
import Glibc
import TestSupport
import Testing

@Suite("serve does not start")
struct RefusedStartTests {
    /// A wrong set-up, and a word that the sentence about it must contain.
    struct Case: CustomTestStringConvertible {
        var name: String
        var settings: String
        var listen = "unix:run/x.sock"
        var arguments: [String] = []
        var words: [String]

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "without a data directory", settings: "KHOINS_TOKEN=x", words: ["KHOINS_DATA", "--data"]),
        Case(
            name: "without a token", settings: "KHOINS_DATA=home/data",
            words: ["KHOINS_TOKEN", "--token-file", "KHOINS_ALLOW", "KHOINS_ACCESS"]),
        Case(
            name: "with an empty token", settings: "KHOINS_DATA=home/data\nKHOINS_TOKEN=,", words: ["KHOINS_TOKEN"]),
        Case(
            name: "without the right to write", settings: "KHOINS_DATA=etc/data\nKHOINS_TOKEN=x",
            words: ["KHOINS_DATA", "etc/data", "ermission"]),
        Case(
            name: "in a directory whose parent is missing", settings: "KHOINS_DATA=home/a/b\nKHOINS_TOKEN=x",
            words: ["KHOINS_DATA", "home/a/b"]),
        Case(
            name: "with a file for a data directory", settings: "KHOINS_DATA=etc/file\nKHOINS_TOKEN=x",
            words: ["KHOINS_DATA", "etc/file"]),
        Case(
            name: "without its token file", settings: "KHOINS_DATA=home/data",
            arguments: ["--token-file", "etc/missing"], words: ["etc/missing"]),
        Case(
            name: "with a setting that means nothing",
            settings: "KHOINS_DATA=home/data\nKHOINS_TOKEN=x\nKHOINS_MAX_BODY=many", words: ["KHOINS_MAX_BODY"]),
        Case(
            name: "with a list that is none", settings: "KHOINS_DATA=home/data\nKHOINS_ALLOW=somewhere",
            words: ["KHOINS_ALLOW"]),
        Case(
            name: "with a settings file that is none", settings: "KHOINS_DATA", words: ["line 1", "NAME=value"]),
        Case(
            name: "on an address that is none", settings: "KHOINS_DATA=home/data\nKHOINS_TOKEN=x", listen: "somewhere",
            words: ["--listen", "somewhere"]),
        Case(
            name: "on a path that is no socket", settings: "KHOINS_DATA=home/data\nKHOINS_TOKEN=x",
            listen: "unix:etc/file", words: ["etc/file"]),
    ]

    @Test("and says in one sentence what to set", arguments: cases)
    func oneSentence(wrong: Case) throws {
        let scratch = try Scratch()
        try scratch.installExecutable()
        try scratch.makeDirectory("etc/data")
        try scratch.write("a file", to: "etc/file")
        // The directory is its owner's, and the servers' user is not root: see `ServerUser`.
        if !ServerUser.isRoot { chmod(scratch.file("etc/data"), 0o555) }
        try scratch.write(wrong.settings, to: "settings")
        let arguments = [scratch.executable, "serve", "--listen", wrong.listen] + wrong.arguments
        var command = Command(["/usr/bin/env", "-C", scratch.path] + arguments).asServerUser
        command.environment = ["KHOINS_SETTINGS": "settings"]
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == 2)
        #expect(ending.output == "")
        #expect(ending.errors.hasPrefix("khoins-callback: "))
        #expect(ending.errors.filter { $0 == "\n" }.count == 1, "\(ending.errors)")
        #expect(ending.errors.hasSuffix("\n"))
        for word in wrong.words { #expect(ending.errors.contains(word), "\(ending.errors)") }
        #expect(
            try scratch.data.names("journal").isEmpty
                && String(contentsOfFile: scratch.file("etc/file"), encoding: .utf8) == "a file")
    }

    @Test("on arguments that it does not know", arguments: [["--bogus"], ["serve"], ["serve", "--listen", "x", "y"]])
    func usage(arguments: [String]) throws {
        let scratch = try Scratch()
        try scratch.installExecutable()
        let ending = try ChildProcess.run(Command([scratch.executable] + arguments), in: scratch)
        #expect(ending.status == 64)
        #expect(ending.output == "")
    }
}
