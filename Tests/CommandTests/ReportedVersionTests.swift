import Glibc
import TestSupport
import Testing

@Suite("The program's version")
struct ReportedVersionTests {
    @Test("is the number in Version.swift, and behind that the commit if the scripts have built it")
    func version() throws {
        let scratch = try Scratch()
        let ending = try Program(scratch).run("--version")
        #expect(ending.status == 0 && ending.errors == "")
        let source = #filePath.replacing(
            "Tests/CommandTests/ReportedVersionTests.swift", with: "Sources/khoins-callback/Options/Version.swift")
        let text = String(decoding: try scratch.read(absolute: source), as: UTF8.self)
        let number = try #require(text.firstMatch(of: #/static let number = "(.+)"/#)).1
        let said = try #require(ending.output.wholeMatch(of: #/([^+]+)(\+[0-9a-f]{10}(\.dirty)?)?\n/#))
        #expect(said.1 == number)
        #expect(said.2 == nil || getenv("KHOINS_TEST_BINARY") != nil)
    }
}
