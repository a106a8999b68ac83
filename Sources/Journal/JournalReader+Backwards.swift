import Formats
import System

extension JournalReader {
    /// How much of the journal there is to read, and how much was read; for a progress bar.
    package typealias Progress = (_ readBytes: Int, _ allBytes: Int) -> Void

    /// Bytes of the last block, which is all that a short listing takes; each further block is twice as long.
    private static let firstBlockLength = 64 << 10
    private static let lastBlockLength = 4 << 20

    /// The end of everything that a reader may take for kept: what is acknowledged, or, where nobody vouches, as after
    /// a restart of the machine, all there is. `nil` if there is no file.
    package func end() throws(LedgerError) -> Position? {
        if let end = try acknowledgedEnd() { return end }
        for name in try names().reversed() {
            if let length = try JournalFile(opening: name, in: directory)?.length() {
                return Position(file: name, offset: length)
            }
        }
        return nil
    }

    /// Hands over the lines before `end`, the newest first, in pieces of bounded size, until `take` answers `false`.
    /// What an abandonment excludes is left out.
    ///
    /// - Parameter since: Files that were not written to since then are not opened, nor any before them.
    package func readBackwards(
        from end: Position, writtenSince since: Timestamp? = nil, progress: Progress = { _, _ in },
        _ take: ([JournalScan.Line]) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let files = try names().filter { $0 <= end.file }
        var limit: Position? = end
        var blockLength = Self.firstBlockLength
        var read = 0
        let all = try totalLength(of: files)
        for name in files.reversed() {
            guard let file = try JournalFile(opening: name, in: directory), let length = try file.length() else {
                continue
            }
            if let since, try file.lastWritten() < since { return }
            var rest = limit?.file == name ? min(length, limit?.offset ?? length) : length
            limit = try abandonment(in: name)
            while rest > 0 {
                let start = max(0, rest - blockLength)
                let block = try file.read(start..<rest)
                if block.isEmpty { break }
                // Up to the first new line is the end of a line that begins further in front.
                let cut = start == 0 ? 0 : block.dropLast().firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
                guard let cut else {
                    blockLength *= 2
                    continue
                }
                let position = Position(file: name, offset: start + cut)
                guard try take(JournalScan(Array(block[cut...]), at: position).reversed()) else { return }
                read += block.count - cut
                rest = start + cut
                progress(read, all)
                blockLength = min(max(blockLength * 2, Self.firstBlockLength), Self.lastBlockLength)
            }
        }
    }

    /// Bytes of these files together.
    package func totalLength(of files: [JournalFileName]) throws(LedgerError) -> Int {
        var sum = 0
        for name in files { sum += try JournalFile(opening: name, in: directory)?.length() ?? 0 }
        return sum
    }
}
