import Formats
import System

/// `journal/.checkpoint`: every entry before this position is in a record that was found right and synced. Durable,
/// unlike the commit note, and so the place where recovery starts.
enum CheckpointFile {
    static let name = ".checkpoint"
    static let temporaryName = ".checkpoint.new"

    /// `nil` where there is none, or none that is whole.
    static func read(in journal: borrowing Directory) throws(LedgerError) -> Position? {
        guard let file = try journal.openIfPresent(name) else { return nil }
        let words = String(decoding: try file.readAll(), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let position = Position(words[0]), words[1] == checksum(position) else { return nil }
        return position
    }

    /// Moves the checkpoint. It is durable on return; on an error the old one stands.
    static func write(_ position: Position, in journal: borrowing Directory) throws(LedgerError) {
        try journal.replace(
            name, with: Array("\(position) \(checksum(position))\n".utf8), through: temporaryName, synced: true)
        try journal.sync()
    }

    private static func checksum(_ position: Position) -> String {
        var checksum = CRC32C()
        checksum.update(position.description.utf8)
        return String(checksum.value, radix: 16)
    }
}

extension JournalReader {
    /// The position of the checkpoint; `nil` where there is none, or where the journal no longer has that position.
    package func checkpoint() throws(LedgerError) -> Position? {
        guard let position = try CheckpointFile.read(in: directory),
            let file = try JournalFile(opening: position.file, in: directory), let length = try file.length(),
            position.offset <= length
        else { return nil }
        return position
    }
}

extension Journal {
    /// Removes what a process that died beside the journal's own files may have left. Needs the lock.
    package func removeLeftovers() throws(LedgerError) {
        try reader.directory.removeIfPresent(CheckpointFile.temporaryName)
        try reader.directory.removeIfPresent(Self.probeName)
    }

    /// Removes a checkpoint of a journal that was removed or cut short, durably: the new one would grow past it, and what
    /// lies before it would not be replayed. Needs the lock.
    package func removeCheckpoint() throws(LedgerError) {
        guard try reader.directory.openIfPresent(CheckpointFile.name) != nil else { return }
        try reader.directory.removeIfPresent(CheckpointFile.name)
        try reader.directory.sync()
    }

    /// Moves the checkpoint forward, durably. Needs the lock.
    package func moveCheckpoint(to position: Position) throws(LedgerError) {
        if let current = try reader.checkpoint(), current >= position { return }
        try CheckpointFile.write(position, in: reader.directory)
    }
}
