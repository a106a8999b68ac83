import Foundation
import TestSupport

/// One of the project's READMEs, whose commands are run.
struct Readme {
    private let text: String
    private let name: String

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
        let parts = text.components(separatedBy: "\n```\(language)\n").dropFirst()
        let blocks = parts.compactMap { $0.components(separatedBy: "\n```\n").first }.filter { $0.contains(words) }
        guard blocks.count == 1, let block = blocks.first else { throw Missing(name: name, words: words) }
        return block + "\n"
    }
}
