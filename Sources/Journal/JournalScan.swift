import Formats
import Glibc

/// The lines of a piece of a journal file.
///
/// Finds every whole line again after any damage: a damaged stretch ends at the next new line. Stretches of NUL, which
/// file systems leave after a power cut, are damage too; blank lines are nothing. (I7)
struct JournalScan: Sequence, IteratorProtocol {
    /// A line, or bytes that are none; a torn tail, if nothing follows.
    struct Stretch: Equatable {
        /// `nil` for damage.
        var line: JournalLine?
        /// Bytes of the file.
        var range: Range<Int>

        var placed: PlacedEntry? {
            if case .entry(let placed) = line { placed } else { nil }
        }
    }

    private let bytes: [UInt8]
    private let offset: Int
    private var index = 0

    /// - Parameter offset: Where `bytes` stand in the file; must be the beginning of a line.
    init(_ bytes: [UInt8], at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func next() -> Stretch? {
        while index < bytes.count {
            let begin = index
            let newLine = newLine(from: begin)
            let end = newLine ?? bytes.count
            index = newLine.map { $0 + 1 } ?? end
            if newLine != nil, end == begin { continue }
            if newLine != nil {
                if let line = JournalLine(bytes[begin..<end]) { return stretch(line, from: begin) }
                if let start = ChecksummedLine.lastStart(in: bytes[begin..<end]), JournalLine(bytes[start..<end]) != nil
                {
                    index = start
                }
            }
            return stretch(nil, from: begin)
        }
        return nil
    }

    private func stretch(_ line: JournalLine?, from begin: Int) -> Stretch {
        Stretch(line: line, range: (offset + begin)..<(offset + index))
    }

    private func newLine(from index: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress,
                let found = memchr(start + index, Int32(UInt8(ascii: "\n")), buffer.count - index)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }
}

extension [JournalScan.Stretch] {
    /// The last whole entry, and where it ends; `nil` if there is none.
    var lastEntry: (position: Position, end: Int)? {
        for stretch in reversed() {
            if let placed = stretch.placed { return (placed.position, stretch.range.upperBound) }
        }
        return nil
    }
}
