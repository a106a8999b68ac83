import System

/// The journal for those who only look: entries from a position on, without the lock.
package final class JournalReader {
    package let directory: Directory

    package init(_ directory: consuming Directory) {
        self.directory = directory
    }

    /// All journal files, in order.
    package func names() throws(LedgerError) -> [JournalFileName] {
        try directory.names().compactMap { JournalFileName($0) }.sorted()
    }

    /// What is acknowledged for certain; `nil` if nobody vouches.
    package func acknowledgedEnd() throws(LedgerError) -> Position? {
        guard let lock = try LockFile(lookingAt: directory), lock.isOfThisMount else { return nil }
        return try lock.note()?.position
    }

    /// Bytes read at a time; a longer line makes it more.
    private static let blockLength = 256 << 10

    /// Hands over the lines from `start` on, in order and in pieces of bounded size, up to `end` or to the end of the
    /// last file. `nil` starts with the oldest file there is. What an abandonment excludes is left out.
    ///
    /// - Returns: The end of the last whole entry, or `start`; `nil` if there is no file.
    @discardableResult
    package func read(
        from start: Position?, upTo end: Position? = nil, _ take: ([JournalScan.Line]) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Position? {
        var reached: Position?
        let last = try readPieces(from: start, upTo: end) { (bytes, position) throws(LedgerError) in
            let lines = Array(JournalScan(bytes, at: position))
            if let offset = lines.entriesEnd { reached = Position(file: position.file, offset: offset) }
            try take(lines)
        }
        return [last, reached].compactMap { $0 }.max()
    }

    /// Hands over the bytes from `start` on, as `read` does with the lines: each piece begins with a line and ends with
    /// one, but for the end of a file.
    ///
    /// - Returns: Where reading began in the last file; `start` or `nil` if there is no file.
    package func readPieces(
        from start: Position?, upTo end: Position? = nil,
        _ take: (_ bytes: [UInt8], _ position: Position) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Position? {
        let files = try names().filter { start.map(\.file) ?? $0 <= $0 && end.map(\.file) ?? $0 >= $0 }
        var begun = start
        for (index, name) in files.enumerated() {
            let begin = name == start?.file ? start?.offset ?? 0 : 0
            var limit = name == end?.file ? end?.offset : nil
            if index + 1 < files.count, let abandoned = try abandonment(in: files[index + 1]), abandoned.file == name {
                limit = min(limit ?? abandoned.offset, abandoned.offset)
            }
            begun = try readFile(name, from: begin, limit: limit, take) ?? begun
        }
        return begun
    }

    /// - Returns: Where reading began; `nil` if the file has gone.
    private func readFile(
        _ name: JournalFileName, from begin: Int, limit: Int?,
        _ take: (_ bytes: [UInt8], _ position: Position) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Position? {
        guard let file = try JournalFile(opening: name, in: directory), let length = try file.length() else {
            return nil
        }
        let end = min(length, limit ?? length)
        var offset = begin
        var blockLength = Self.blockLength
        while offset < end {
            var block = try file.read(offset..<min(offset + blockLength, end))
            if block.isEmpty { break }
            if offset + block.count < end {
                guard let newLine = block.lastIndex(of: UInt8(ascii: "\n")) else {
                    blockLength *= 2
                    continue
                }
                block.removeLast(block.count - newLine - 1)
            }
            let position = Position(file: name, offset: offset)
            offset += block.count
            try take(block, position)
            blockLength = Self.blockLength
        }
        return Position(file: name, offset: min(begin, end))
    }

    /// From where on the file before this one does not count; `nil` where all of it does.
    package func abandonment(in name: JournalFileName) throws(LedgerError) -> Position? {
        guard let file = try JournalFile(opening: name, in: directory) else { return nil }
        var head = JournalScan(try file.read(0..<256), at: Position(file: name, offset: 0))
        if case .entry(let entry, _, _) = head.next(), case .abandonment(let position) = entry.content {
            return position
        }
        return nil
    }
}
