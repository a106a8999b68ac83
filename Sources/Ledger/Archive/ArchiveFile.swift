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
    /// Whether the file could be opened. If not, it reads as an empty one.
    let isOpen: Bool
    /// Blocks that could not be read so far.
    private var unreadCount = 0
    /// Whether anything of it could not be read so far.
    var isUnreadable: Bool { !isOpen || unreadCount > 0 }

    /// Opens a month's file, for reading unless told otherwise; `nil` where there is none.
    init?(_ month: ArchiveMonth, in archive: borrowing Directory, _ mode: OpenMode = .reading) throws(LedgerError) {
        self.month = month
        do throws(LedgerError) {
            guard let file = try archive.openIfPresent(month.fileName, mode) else { return nil }
            try file.requireFile()
            self.file = file
            isOpen = true
        } catch {
            guard archive.isOfFile(error), !error.isWantOfRoom else { throw error }
            file = OpenFile(adopting: -1, month.fileName, in: archive.path)
            isOpen = false
        }
    }

    func length() throws(LedgerError) -> Int { isOpen ? try file.length() : 0 }

    func append(_ bytes: [UInt8], at offset: Int) throws(LedgerError) { try file.write(bytes, at: offset) }

    func truncate(to length: Int) throws(LedgerError) { try file.truncate(to: length) }

    func sync() throws(LedgerError) { try file.sync() }

    /// What stands between two offsets. What cannot be read stands there as NULs.
    func read(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
        guard isOpen else { return [] }
        do throws(LedgerError) {
            return try file.read(range.count, at: range.lowerBound)
        } catch {
            if error.isWantOfMeans { throw error }
            return try file.readAround(range) { _ in unreadCount += 1 }
        }
    }

    /// The stretch from `offset` to the next new line; `nil` if there is no new line, or if it cannot be read.
    func line(at offset: Int) throws(LedgerError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var count = 4096
        while isOpen {
            let more: [UInt8]
            do throws(LedgerError) {
                more = try file.read(count, at: offset + bytes.count)
            } catch {
                if error.isWantOfMeans { throw error }
                unreadCount += 1
                return nil
            }
            if let end = more.firstIndex(of: UInt8(ascii: "\n")) { return bytes + more[..<end] }
            if more.count < count { return nil }
            bytes += more
            count *= 2
        }
        return nil
    }

    /// Hands over everything from `start` on that ends in a new line, until `take` says `false`.
    ///
    /// - Returns: Where the last new line ends. What stands behind it was never relied upon.
    @discardableResult
    func read(from start: Int = 0, _ take: (Piece) throws(LedgerError) -> Bool) throws(LedgerError) -> Int {
        var offset = start
        var blockLength = Self.blockLength
        while true {
            let unreadBefore = unreadCount
            let block = try read(offset..<(offset + blockLength))
            guard let last = block.lastIndex(of: UInt8(ascii: "\n")) else {
                if block.count < blockLength { return offset }
                // What cannot be read need not be kept until a line ends.
                if unreadCount == unreadBefore {
                    blockLength *= 2
                } else if try take(.damage(offset: offset, length: block.count)) {
                    offset += block.count
                } else {
                    return offset
                }
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
