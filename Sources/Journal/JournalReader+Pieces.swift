import System

extension JournalReader {
    /// Some lines from a position on.
    package struct PieceOfLines {
        package var lines: [JournalScan.Line]
        /// Where the next piece begins.
        package var next: Position
        /// The file that the position named is not there any more.
        package var isFileGone = false
    }

    private static let pieceLength = 256 << 10

    /// Up to about 256 KiB of lines from `start` on, and before `end`, which must be the end of a line; `nil` if there
    /// are none. Without a start, begins with the oldest file there is.
    package func piece(from start: Position?, upTo end: Position) throws(LedgerError) -> PieceOfLines? {
        let files = try names()
        let isFileGone = start.map { start in !files.contains(start.file) } ?? false
        for (index, name) in files.enumerated() where name <= end.file && start.map({ $0.file <= name }) ?? true {
            guard let file = try JournalFile(opening: name, in: directory), let length = try file.length() else {
                continue
            }
            let begin = name == start?.file ? start?.offset ?? 0 : 0
            var limit = name == end.file ? min(length, end.offset) : length
            if index + 1 < files.count, let abandoned = try abandonment(in: files[index + 1]), abandoned.file == name {
                limit = min(limit, abandoned.offset)
            }
            guard begin < limit else { continue }
            var pieceLength = Self.pieceLength
            while true {
                let block = try file.read(begin..<min(begin + pieceLength, limit))
                let isLast = begin + block.count >= limit
                guard let count = isLast ? block.count : block.lastIndex(of: UInt8(ascii: "\n")).map({ $0 + 1 }) else {
                    pieceLength *= 2
                    continue
                }
                if count == 0 { break }
                let lines = Array(JournalScan(Array(block.prefix(count)), at: Position(file: name, offset: begin)))
                return PieceOfLines(
                    lines: lines, next: Position(file: name, offset: begin + count), isFileGone: isFileGone)
            }
        }
        return nil
    }

    /// The entry at a position; `nil` if there is none.
    package func entry(at position: Position) throws(LedgerError) -> JournalEntry? {
        guard let file = try JournalFile(opening: position.file, in: directory), let length = try file.length() else {
            return nil
        }
        var count = 4096
        while position.offset < length {
            let block = try file.read(position.offset..<min(position.offset + count, length))
            if let end = block.firstIndex(of: UInt8(ascii: "\n")) { return JournalEntry(line: block[..<end]) }
            if block.count < count { return nil }
            count *= 4
        }
        return nil
    }
}
