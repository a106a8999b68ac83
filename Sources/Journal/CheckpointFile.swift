import Formats
import System

/// `journal/.checkpoint`: every entry before this position is in a record that was found right and synced. Durable,
/// unlike the commit note, and so the place where recovery starts. (I5)
enum CheckpointFile {
    static let name = ".checkpoint"
    static let temporaryName = ".checkpoint.new"

    /// `nil` where there is none, or none that is whole and can be read.
    static func read(in journal: borrowing Directory) throws(LedgerError) -> Position? {
        let bytes: [UInt8]
        do throws(LedgerError) {
            guard let file = try journal.openIfPresent(name) else { return nil }
            bytes = try file.readAll()
        } catch {
            guard journal.isOfFile(error) else { throw error }
            return nil
        }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let position = Position(words[0]), words[1] == checksum(position) else { return nil }
        return position
    }

    /// Moves the checkpoint. It is durable on return; on an error the old one stands.
    static func write(_ position: Position, in journal: borrowing Directory) throws(LedgerError) {
        try journal.replace(
            name, with: Array("\(position) \(checksum(position))\n".utf8), through: temporaryName, synced: true,
            clearing: true)
        try journal.sync()
    }

    /// Removes it durably, of a journal that was removed or cut short: the new one would grow past it, and what lies
    /// before it would not be replayed.
    static func remove(in journal: borrowing Directory) throws(LedgerError) {
        guard try journal.identity(of: name) != nil else { return }
        do throws(LedgerError) {
            try journal.removeIfPresent(name)
        } catch {
            // What is none and cannot be removed is none next time too.
            guard try read(in: journal) == nil else { throw error }
            return
        }
        try journal.sync()
    }

    private static func checksum(_ position: Position) -> String {
        var checksum = CRC32C()
        checksum.update(position.description.utf8)
        return String(checksum.value, radix: 16)
    }
}
