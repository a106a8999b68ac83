import Foundation
import TestSupport
import Testing

/// What documents name is there: commands and flags of the program and the scripts, settings, tests, files.
@Suite("What the documents name")
struct NameTests {
    /// The program's commands, each with its flags, as it says itself.
    private static let commands = Result { try askForCommands() }
    private static let sources = Result { try text(below: "Sources") }
    private static let scripts = Result { try text(below: "scripts") }
    private static let tests = Result { try text(below: "Tests") }

    private static func askForCommands() throws -> [String: Set<String>] {
        let scratch = try Scratch()
        let ending = try ChildProcess.run(Command(try TestBinary.path(), "--experimental-dump-help"), in: scratch)
        struct Dump: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            struct Argument: Decodable { var names: [Name]? }
            struct Command: Decodable {
                var commandName: String
                var arguments: [Argument]?
                var subcommands: [Command]?
            }
            var command: Command
        }
        let dump = try JSONDecoder().decode(Dump.self, from: Data(ending.bytes))
        let all = [dump.command] + (dump.command.subcommands ?? [])
        return Dictionary(
            uniqueKeysWithValues: all.map { command in
                let names = (command.arguments ?? []).flatMap { $0.names ?? [] }
                return (command.commandName, Set(names.filter { $0.kind == "long" }.map { "--\($0.name)" }))
            })
    }

    /// What `cluster` takes, as its sources have it: the program that is asked may be the build without it.
    private static let cluster = Result { try readCluster() }

    private static func readCluster() throws -> (commands: Set<String>, flags: Set<String>) {
        let text = try text(below: "Sources/khoins-callback/Commands/Cluster")
        return (
            Set(text.matches(of: #/commandName: "([a-z]+)"/#).map { String($0.1) }),
            Set(text.matches(of: #/@(?:Option|Flag)\b[^@]*?\bvar (\w+)/#).map { "--\($0.1)" })
        )
    }

    /// What stands in the files below a directory, but for those that a build leaves there.
    private static func text(below directory: String) throws -> String {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Repository.file(directory))
        return names.filter { !$0.contains(".build") }
            .compactMap { try? String(contentsOfFile: Repository.file("\(directory)/\($0)"), encoding: .utf8) }.joined()
    }

    /// Flags of programs that are not this project's.
    private static let others: Set = [
        "--now", "--nginx", "--in-place", "--recursive", "--strict", "--filter", "--format", "--oneline",
        "--variant", "--data-binary", "--write-out", "--peer-urls",
    ]

    @Test("as a flag is a flag of the program or of a script", arguments: Document.all)
    func flags(name: String) throws {
        let document = try Document(name)
        var known = try Self.commands.get().values.reduce(into: Self.others) { $0.formUnion($1) }
        known.formUnion(try Self.cluster.get().flags)
        // As a script takes it: `--quick) quick=…`.
        known.formUnion(
            try Self.scripts.get().matches(of: #/(--[a-z][a-z-]+)(?:=\w+)?(?:\)| \|)/#).map { String($0.1) })
        for match in document.text.matches(of: #/(?:^|[\s`(\[])(--[a-z][a-z-]+)/#.anchorsMatchLineEndings()) {
            #expect(known.contains(String(match.1)), "\(name): \(match.1)")
        }
    }

    @Test("as a command is one, and has the flags that stand behind it", arguments: Document.all)
    func commands(name: String) throws {
        let document = try Document(name)
        let commands = try Self.commands.get()
        let blocks = document.blocks.filter { ["sh", "console", "crontab", "ini"].contains($0.language) }
        let spans = document.prose.joined(separator: "\n").matches(of: #/`([^`]+)`/#)
        let code = blocks.map(\.text) + spans.map { String($0.1).replacing("\n", with: " ") }
        for line in code.joined(separator: "\n").split(separator: "\n") {
            guard let match = line.firstMatch(of: #/(?:^|[ /])khoins(?:-callback)? ((?!khoins)[a-z]+)\b([^|;>#]*)/#)
            else {
                continue
            }
            let command = String(match.1)
            if command == "cluster" {
                let cluster = try Self.cluster.get()
                let words = match.2.split(separator: " ").map(String.init)
                let flags = words.filter { $0.hasPrefix("--") }
                #expect(words.first.map { cluster.commands.contains($0) } ?? false, "\(name): \(line)")
                #expect(cluster.flags.isSuperset(of: flags), "\(name): \(line)")
                continue
            }
            guard let known = commands[command] else {
                Issue.record("\(name): \(line)")
                continue
            }
            for flag in match.2.matches(of: #/ (--[a-z-]+)/#) {
                #expect(known.contains(String(flag.1)), "\(name): \(command) \(flag.1)")
            }
        }
    }

    @Test("as a setting is read by the program or a script", arguments: Document.all)
    func settings(name: String) throws {
        let read = try [Self.sources.get(), Self.scripts.get(), Self.tests.get()]
        for match in try Document(name).text.matches(of: #/\bKHOINS_[A-Z_]*[A-Z]\b/#) {
            let isRead = read.contains { $0.contains("\(match.0)") }
            #expect(isRead, "\(name): \(match.0)")
        }
    }

    @Test("as a test is one", arguments: Document.all)
    func tests(name: String) throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: Repository.file("Tests"))
        for match in try Document(name).text.matches(of: #/`(\w+Tests)`/#) {
            let test = String(match.1)
            let isThere = files.contains { $0.hasSuffix("/\(test).swift") || $0 == test }
            #expect(isThere, "\(name): \(test)")
        }
    }

    @Test("as a file of the repository is there", arguments: Document.all)
    func files(name: String) throws {
        for match in try Document(name).text.matches(of: #/\b(?:Sources|Tests|scripts|docs)\/[\w.+\/-]*[\w]/#) {
            let path = String(match.0)
            #expect(FileManager.default.fileExists(atPath: Repository.file(path)), "\(name): \(path)")
        }
    }

    @Test("as a setting is in the table of both languages, each that the example of a settings file has")
    func example() throws {
        let example = try Document("scripts/examples/khoins-callback.env.example").text
        for guide in ["docs/settings.md", "docs/id/settings.md"] {
            let text = try Document(guide).text
            for match in example.matches(of: #/\bKHOINS_[A-Z_]*[A-Z]\b/#) {
                let isThere = text.contains("`\(match.0)`")
                #expect(isThere, "\(guide): \(match.0)")
            }
        }
    }
}
