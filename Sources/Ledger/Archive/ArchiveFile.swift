import Formats
import System

/// One month's file. Only the holder of `archive/.lock` writes, and only behind what an index covers.
final class ArchiveFile {
    /// A stretch of the file that ends in a new line.
    enum Piece {
        /// A whole line (without its new line).
        case line(ArraySlice<UInt8>, RecordName, offset: Int)
        case damage(offset: Int, length: Int)
    }

    private static let blockLength = 1 << 20

    let month: ArchiveMonth
    private let file: OpenFile

    /// Opens a month's file, for reading unless told otherwise; `nil` where there is none.
    init?(_ month: ArchiveMonth, in archive: borrowing Directory, _ mode: OpenMode = .reading) throws(LedgerError) {
        guard let file = try archive.openIfPresent(month.fileName, mode) else { return nil }
        self.month = month
        self.file = file
    }

    func length() throws(LedgerError) -> Int { try file.length() }

    func append(_ bytes: [UInt8], at offset: Int) throws(LedgerError) { try file.write(bytes, at: offset) }

    func truncate(to length: Int) throws(LedgerError) { try file.truncate(to: length) }

    func sync() throws(LedgerError) { try file.sync() }

    func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        try file.read(range.count, at: range.lowerBound)
    }

    /// The stretch from `offset` to the next new line; `nil` if there is no new line.
    func line(at offset: Int) throws(LedgerError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var count = 4096
        while true {
            let more = try file.read(count, at: offset + bytes.count)
            if let end = more.firstIndex(of: UInt8(ascii: "\n")) { return bytes + more[..<end] }
            if more.count < count { return nil }
            bytes += more
            count *= 2
        }
    }

    /// Hands over everything from `start` on that ends in a new line, until `take` says `false`.
    ///
    /// - Returns: Where the last new line ends. What stands behind it was never relied upon.
    @discardableResult
    func read(from start: Int = 0, _ take: (Piece) throws(LedgerError) -> Bool) throws(LedgerError) -> Int {
        var offset = start
        var blockLength = Self.blockLength
        while true {
            let block = try file.read(blockLength, at: offset)
            guard let last = block.lastIndex(of: UInt8(ascii: "\n")) else {
                if block.count < blockLength { return offset }
                blockLength *= 2
                continue
            }
            var begin = 0
            while begin <= last {
                guard let end = block[begin...].firstIndex(of: UInt8(ascii: "\n")) else { break }
                for piece in Self.pieces(block[begin..<end], at: offset) where try !take(piece) {
                    return offset + begin
                }
                begin = end + 1
            }
            offset += last + 1
            blockLength = Self.blockLength
        }
    }

    /// What a stretch between new lines holds: a line; or damage, which may have swallowed the new line before a whole
    /// line.
    private static func pieces(_ stretch: ArraySlice<UInt8>, at offset: Int) -> [Piece] {
        if stretch.isEmpty { return [] }
        if let name = ArchiveLine.name(of: stretch) {
            return [.line(stretch, name, offset: offset + stretch.startIndex)]
        }
        guard let start = ChecksummedLine.lastStart(in: stretch), let name = ArchiveLine.name(of: stretch[start...])
        else {
            return [.damage(offset: offset + stretch.startIndex, length: stretch.count)]
        }
        return [
            .damage(offset: offset + stretch.startIndex, length: start - stretch.startIndex),
            .line(stretch[start...], name, offset: offset + start),
        ]
    }
}
