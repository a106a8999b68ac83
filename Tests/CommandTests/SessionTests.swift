import Glibc
import TestSupport
import Testing

/// The terminal session that the documents show.
@Suite("The documents' session")
struct SessionTests {
    private static let fixture = #filePath.replacing("SessionTests.swift", with: "Fixtures/session.txt")
    private static let prompt = "$ khoins-callback "

    /// To write the fixture anew after a change that is meant, set KHOINS_UPDATE_FIXTURES.
    @Test("is what the program really says")
    func session() throws {
        let scratch = try Scratch(.plain)
        try scratch.storeDay()
        let program = Program(scratch)
        let fixture = String(decoding: try scratch.read(absolute: Self.fixture), as: UTF8.self)
        var session = ""
        for line in fixture.split(separator: "\n") where line.hasPrefix(Self.prompt) {
            let arguments = line.dropFirst(Self.prompt.count).split(separator: " ").map(String.init)
            let ending = try program.start(arguments).ending()
            #expect(ending.errors == "")
            session += "\(session.isEmpty ? "" : "\n")\(line)\n\(Duration.hidden(in: ending.output))"
        }
        if getenv("KHOINS_UPDATE_FIXTURES") != nil {
            try scratch.write(session.utf8, toAbsolute: Self.fixture)
        }
        #expect(session == fixture)
        #expect(session.contains("KH-9004"))
    }

    @Test("stands in both languages as it was recorded", arguments: ["docs/commands.md", "docs/id/commands.md"])
    func document(name: String) throws {
        let scratch = try Scratch(.plain)
        let path = #filePath.replacing("Tests/CommandTests/SessionTests.swift", with: name)
        let document = String(decoding: try scratch.read(absolute: path), as: UTF8.self)
        let fixture = String(decoding: try scratch.read(absolute: Self.fixture), as: UTF8.self)
        #expect(document.contains("```console\n\(fixture)```"))
    }
}
