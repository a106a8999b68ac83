import Foundation
import TestSupport
import Testing

/// What can be said of every document without reading it.
@Suite("The documents")
struct DocumentTests {
    @Test("are there in both languages, each of them")
    func languages() {
        let english = Document.markdown(in: "docs")
        #expect(english == Document.markdown(in: "docs/id"))
        #expect(english.count >= 11)
        #expect(Document.all.count >= 2 * english.count + 9)
    }

    @Test("open with a README of at most 150 lines", arguments: Document.readmes)
    func length(name: String) throws {
        #expect(try Document(name).text.split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
    }

    @Test(
        "say the same in both languages: headings, code, rows of tables, other places",
        arguments: pairs)
    func translation(_ pair: Pair) throws {
        let (english, indonesian) = (try Document(pair.english), try Document(pair.indonesian))
        #expect(english.headings.map(\.level) == indonesian.headings.map(\.level))
        #expect(english.blocks.map(\.language) == indonesian.blocks.map(\.language))
        let rows = [english, indonesian].map { $0.prose.filter { $0.hasPrefix("|") }.map { $0.count { $0 == "|" } } }
        #expect(rows[0] == rows[1])
        #expect(english.links.filter { $0.contains("://") } == indonesian.links.filter { $0.contains("://") })
        // Whoever reads one language finds the other.
        #expect(english.links.contains(pair.toIndonesian) && indonesian.links.contains(pair.toEnglish))
    }

    struct Pair: CustomTestStringConvertible {
        var english: String
        var indonesian: String

        var testDescription: String { english }
        var toIndonesian: String { english == "README.md" ? "README.id.md" : "id/\(english.dropFirst(5))" }
        var toEnglish: String { english == "README.md" ? "README.md" : "../\(english.dropFirst(5))" }
    }

    static let pairs =
        [Pair(english: "README.md", indonesian: "README.id.md")]
        + Document.guides.map { Pair(english: $0.english, indonesian: $0.indonesian) }

    @Test("have links that lead somewhere", arguments: Document.all)
    func links(name: String) throws {
        let document = try Document(name)
        let directory = (name as NSString).deletingLastPathComponent
        for link in document.links where !link.contains("://") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let target = parts[0].isEmpty ? name : Self.path(parts[0], from: directory)
            guard FileManager.default.fileExists(atPath: Repository.file(target)) else {
                Issue.record("\(name) leads to \(link), which is not there")
                continue
            }
            guard parts.count == 2 else { continue }
            let anchors = try Document(target).headings.map(\.anchor)
            #expect(anchors.contains(parts[1]), "\(name) leads to \(link): no such heading there")
        }
    }

    private static func path(_ link: String, from directory: String) -> String {
        var parts = directory.split(separator: "/").map(String.init)
        for part in link.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    @Test("are found from the READMEs", arguments: Document.readmes)
    func reachable(readme: String) throws {
        let links = Set(try Document(readme).links)
        let guides = Document.guides.map { readme == "README.md" ? $0.english : $0.indonesian }
        let others =
            Document.markdown(in: "docs/results").map { "docs/results/\($0)" }
            + Document.markdown(in: "").filter { !Document.readmes.contains($0) }
        for name in guides + others { #expect(links.contains(name), "\(readme) does not lead to \(name)") }
    }

    @Test("leave figures to docs/results, which the scripts write", arguments: Document.all)
    func figures(name: String) throws {
        let document = try Document(name)
        if name.hasPrefix("docs/results/") {
            #expect(document.text.contains("never by hand"))
        } else {
            // A measured ratio, 1.52 x, or a spread, (1.42 … 1.89).
            #expect(document.text.firstMatch(of: #/\d[.,]\d+ x\b|\(\d[\d.,]* … \d/#) == nil)
        }
    }
}
