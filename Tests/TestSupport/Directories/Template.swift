import Foundation

/// A configuration file of the repository, with nothing but paths and ports replaced.
package enum Template {
    package struct Unchanged: Error {
        package var file: String
        /// What was to be replaced and is not in the file.
        package var text: String
    }

    package static func read(_ name: String, replacing replacements: KeyValuePairs<String, String>) throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Repository.file(name)))
        return try edit(String(decoding: bytes, as: UTF8.self), name, replacements)
    }

    package static func edit(
        _ text: String, _ name: String, _ replacements: KeyValuePairs<String, String>
    ) throws -> String {
        try edit(text, name, replacements.map { ($0.key, $0.value) })
    }

    package static func edit(_ text: String, _ name: String, _ replacements: [(String, String)]) throws -> String {
        try replacements.reduce(text) { text, replacement in
            guard text.contains(replacement.0) else { throw Unchanged(file: name, text: replacement.0) }
            return text.replacing(replacement.0, with: replacement.1)
        }
    }
}
