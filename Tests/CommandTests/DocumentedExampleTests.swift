import TestSupport
import Testing

/// The examples in the operator's guide.
@Suite("The documents' examples of commands")
struct DocumentedExampleTests {
    @Test("are taken by the program, each of them", arguments: ["docs/commands.md", "docs/id/commands.md"])
    func examples(name: String) throws {
        let scratch = try Scratch()
        try scratch.storeDay()
        let program = Program(scratch)
        let path = #filePath.replacing("Tests/CommandTests/DocumentedExampleTests.swift", with: name)
        let document = String(decoding: try scratch.read(absolute: path), as: UTF8.self)
        let examples = document.split(separator: "\n").filter { $0.hasPrefix("khoins ") }
        #expect(examples.count >= 18)
        for example in examples {
            // Without the remark behind it, and without where its output goes.
            let words = example.prefix { !"#>|".contains($0) }.split(separator: " ").map(String.init)
            var arguments = Array(words.dropFirst())
            // It would go on until Ctrl-C.
            if arguments.first == "follow" { arguments.append("--once") }
            let ending = try program.start(arguments).ending()
            // Files and shops that it names are not there; but it is never a wrong command line.
            #expect(ending.status != 64 && !ending.errors.contains("Usage:"), "\(example): \(ending.errors)")
        }
    }
}
