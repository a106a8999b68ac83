import ArgumentParser
import Gateway
import Ledger
import Operations

/// What a shell offers behind a word that is being typed. Whoever may not read the data is offered nothing, and gets no
/// message: it would stand in the midst of what he types.
extension CompletionKind {
    /// What a shell takes for something else.
    private static let special = Array("\"'`$\\&|;<>()*?[]!#~{}:".utf8)
    private static let most = (offered: 50, looked: 2_000)

    /// The ids that begin with what is there of the word, of the newest records, as `show` takes them.
    static var newestIDs: CompletionKind {
        .custom { words, _, word in
            var (ids, looked) = ([String](), 0)
            guard let path = dataDirectory(words), let records = try? RecordReader(path: path) else { return [] }
            _ = try? records.newestFirst(RecordSelection()) { stored in
                looked += 1
                if let id = stored.record?.shownID(stored.name), offers(id, word) { ids.append(id) }
                return ids.count < most.offered && looked < most.looked
            }
            return ids
        }
    }

    /// The ids of what could not be told under any cursor, and waits.
    static var waitingIDs: CompletionKind {
        .custom { words, _, word in
            guard let path = dataDirectory(words), let reports = try? CursorReader(path: path).reports() else {
                return []
            }
            var ids: [String] = []
            for line in reports.flatMap(\.waiting) {
                guard let id = RecordName(path: line.name)?.shown, offers(id, word), !ids.contains(id) else { continue }
                ids.append(id)
                if ids.count == most.offered { break }
            }
            return ids
        }
    }

    /// - Parameter words: The command line as far as it is typed.
    private static func dataDirectory(_ words: [String]) -> String? {
        var values = try? SettingsSource.values(
            environment: SettingsSource.environment, installed: SettingsSource.installedFile)
        if let index = words.lastIndex(of: "--data"), index + 1 < words.count { values?[.data] = words[index + 1] }
        return try? values?.dataDirectory()
    }

    /// Whether an id can stand behind what was typed of it. One with a quote, a space or the like is left to whoever types.
    private static func offers(_ id: String, _ word: String) -> Bool {
        id.hasPrefix(word) && id.utf8.allSatisfy { 0x21..<0x7f ~= $0 && !special.contains($0) }
    }
}
