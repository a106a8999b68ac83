import Foundation
import TestSupport

/// One of the project's documents.
struct Document {
    let name: String
    let text: String

    init(_ name: String) throws {
        self.name = name
        text = try String(contentsOfFile: Repository.file(name), encoding: .utf8)
    }

    struct Missing: Error {
        var name: String
        var words: String
    }

    /// The one code block of that language in which these words stand.
    func block(_ language: String, with words: String) throws -> String {
        let blocks = blocks.filter { $0.language == language && $0.text.contains(words) }
        guard blocks.count == 1, let block = blocks.first else { throw Missing(name: name, words: words) }
        return block.text
    }

    /// What stands between ``` and ```.
    struct Block {
        var language: String
        var text: String
    }

    var blocks: [Block] { parts.compactMap { if case .block(let block) = $0 { block } else { nil } } }

    /// Its lines but for those in code blocks, indented ones too.
    var prose: [Substring] { parts.compactMap { if case .line(let line) = $0 { line } else { nil } } }

    private enum Part {
        case block(Block)
        case line(Substring)
    }

    private var parts: [Part] {
        var parts: [Part] = []
        var open: Block?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if var block = open {
                if line == "```" { parts.append(.block(block)) }
                block.text += "\(line)\n"
                open = line == "```" ? nil : block
            } else if line.hasPrefix("```") {
                open = Block(language: String(line.dropFirst(3)), text: "")
            } else if !line.hasPrefix("    ") {
                parts.append(.line(line))
            }
        }
        return parts
    }

    struct Heading: Equatable {
        var level: Int
        var words: String

        /// What a link calls it: small letters, without punctuation, and with hyphens for spaces.
        var anchor: String {
            String(
                words.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                    .map { $0 == " " ? "-" : $0 })
        }
    }

    var headings: [Heading] {
        prose.compactMap { line in
            guard let match = line.wholeMatch(of: #/(#+) (.+)/#) else { return nil }
            return Heading(level: match.1.count, words: String(match.2))
        }
    }

    /// Where its links and pictures lead, as written.
    var links: [String] {
        prose.joined(separator: "\n").matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.1) }
    }
}

extension Document {
    static let readmes = ["README.md", "README.id.md"]
    /// Both languages of each guide.
    static let guides: [(english: String, indonesian: String)] = markdown(in: "docs").map {
        ("docs/\($0)", "docs/id/\($0)")
    }
    /// All that is written for people, from the top of the repository down.
    static let all =
        markdown(in: "") + markdown(in: "docs").map { "docs/\($0)" } + markdown(in: "docs/id").map { "docs/id/\($0)" }
        + markdown(in: "docs/results").map { "docs/results/\($0)" }

    static func markdown(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Repository.file(directory))) ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted()
    }
}
