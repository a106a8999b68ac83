import Glibc

/// The lines of a piece of a journal file.
///
/// Finds every whole line again after any damage: a damaged stretch ends at the next new line. Stretches of NUL, which
/// file systems leave after a power cut, are damage too; blank lines are nothing.
package struct JournalScan: Sequence, IteratorProtocol {
    package enum Line: Equatable {
        case entry(JournalEntry, at: Position, length: Int)
        /// Bytes that are no whole line; a torn tail, if nothing follows.
        case damage(at: Position, length: Int)
    }

    private let bytes: [UInt8]
    private let start: Position
    private var index = 0

    /// - Parameter start: Where `bytes` stand in the journal; must be the beginning of a line.
    package init(_ bytes: [UInt8], at start: Position) {
        self.bytes = bytes
        self.start = start
    }

    package mutating func next() -> Line? {
        while index < bytes.count {
            let begin = index
            let newLine = newLine(from: begin)
            let end = newLine ?? bytes.count
            index = newLine.map { $0 + 1 } ?? end
            if newLine != nil, end == begin { continue }
            if newLine != nil {
                if let entry = JournalEntry(line: bytes[begin..<end]) {
                    return .entry(entry, at: position(begin), length: index - begin)
                }
                // A lost page may hide a new line, so the last line in this stretch can be whole all the same.
                if let whole = wholeLineAtEnd(of: begin..<end) {
                    index = whole
                    return .damage(at: position(begin), length: whole - begin)
                }
            }
            return .damage(at: position(begin), length: index - begin)
        }
        return nil
    }

    private func newLine(from index: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress,
                let found = memchr(start + index, Int32(UInt8(ascii: "\n")), buffer.count - index)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }

    private func position(_ index: Int) -> Position {
        Position(file: start.file, offset: start.offset + index)
    }

    private func wholeLineAtEnd(of stretch: Range<Int>) -> Int? {
        let opening = Array(#"{"crc":""#.utf8)
        var candidate = stretch.upperBound - opening.count
        while candidate > stretch.lowerBound {
            if bytes[candidate] == opening[0], bytes[candidate..<(candidate + opening.count)].elementsEqual(opening) {
                return JournalEntry(line: bytes[candidate..<stretch.upperBound]) == nil ? nil : candidate
            }
            candidate -= 1
        }
        return nil
    }
}

extension [JournalScan.Line] {
    /// The offset behind the last whole entry; `nil` if there is none.
    var entriesEnd: Int? {
        for case .entry(_, let position, let length) in reversed() { return position.offset + length }
        return nil
    }

    /// The whole entries among them.
    package var entries: [PlacedEntry] {
        compactMap { line in
            if case .entry(let entry, let position, _) = line {
                PlacedEntry(entry: entry, position: position)
            } else {
                nil
            }
        }
    }
}
