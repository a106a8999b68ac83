@testable import Journal

extension JournalEntry {
    /// The entry's line, with its new line.
    func line(_ number: Int = 1) -> [UInt8] {
        var line: [UInt8] = []
        EntryDraft(content).append(to: &line, at: Position(number), updating: updates)
        return line
    }

    /// Reads such a line (without its new line).
    init?(line: ArraySlice<UInt8>) {
        guard case .entry(let placed) = JournalLine(line) else { return nil }
        self = placed.entry
    }
}
