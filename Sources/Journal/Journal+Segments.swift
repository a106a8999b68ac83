import Formats
import System

/// A stretch of the journal that others may keep something beside that is made from it alone.
package struct JournalSegment: Equatable, Sendable {
    /// Tells it from all others; segments sort by their names.
    package let name: String
    /// No entry in it has a smaller number.
    package let first: Position
    /// Bytes of it that count.
    package let length: Int
    /// Nothing is added to it any more.
    package let isClosed: Bool
    let file: JournalFileName
}

extension Journal {
    /// Bytes at either end of a segment that tell it from another one of the same name and length.
    private static let markedLength = 256

    /// The segments that hold anything, in order, up to the end of all that a reader may take for kept.
    package func segments() throws(LedgerError) -> [JournalSegment] {
        let names = try names()
        guard let state = try NoteFile(lookingAt: directory)?.vouchingNote(in: directory) else {
            return try unvouchedSegments(names)
        }
        guard let last = names.firstIndex(where: { $0 == state.file }) else { return [] }
        var segments: [JournalSegment] = []
        for index in 0...last {
            guard let (_, length) = try counting(names, index) else { continue }
            let counted = index == last ? min(length, state.end) : length
            segments.append(segment(names[index], counted, isClosed: index < last))
        }
        return segments.filter { $0.length > 0 }
    }

    /// The same where nobody vouches for the end, as after a restart of the machine: the last whole entry ends it.
    private func unvouchedSegments(_ names: [JournalFileName]) throws(LedgerError) -> [JournalSegment] {
        var segments: [JournalSegment] = []
        for index in names.indices {
            guard let (file, length) = try counting(names, index) else { continue }
            let isLast = index == names.count - 1
            let counted = isLast ? try lastEntry(in: file, before: length)?.end ?? 0 : length
            segments.append(segment(names[index], counted, isClosed: !isLast))
        }
        return segments.filter { $0.length > 0 }
    }

    private func segment(_ name: JournalFileName, _ length: Int, isClosed: Bool) -> JournalSegment {
        JournalSegment(
            name: name.stem, first: name.first, length: length, isClosed: isClosed, file: name)
    }

    /// What tells the first bytes of a segment from those of another one that was named so; `nil` if it has gone.
    package func mark(of segment: JournalSegment, upTo end: Int) throws(LedgerError) -> UInt32? {
        guard let file = try JournalFile(opening: segment.file, in: directory) else { return nil }
        var checksum = CRC32C()
        checksum.update(try file.read(0..<min(end, Self.markedLength)))
        checksum.update(try file.read(max(0, end - Self.markedLength)..<end))
        return file.isDamaged ? nil : checksum.value
    }

    /// Hands over what stands in a segment behind its first `offset` bytes, in order and in pieces of bounded size, until
    /// `take` answers `false`.
    ///
    /// - Parameter take: Told where the piece ends, too.
    package func read(
        _ segment: JournalSegment, from offset: Int, _ take: (JournalChunk, _ end: Int) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        guard let file = try JournalFile(opening: segment.file, in: directory) else { return }
        var end = offset
        _ = try read(file, from: offset, upTo: segment.length) { (chunk) throws(LedgerError) in
            end += chunk.length
            return try take(chunk, end)
        }
    }

    /// How segments are named that there are or may be again.
    package static func isSegmentName(_ name: String) -> Bool { JournalFileName("\(name).jsonl") != nil }
}

/// Finds entries by their numbers, a few here and there. Those that stand near each other, asked for one after the other
/// from the newest on, cost no more than reading them.
package final class JournalLookup {
    /// Bytes that are read at a time, most of them in front of what was asked for.
    private static let blockLength = 48 << 10

    private let journal: Journal
    private var segment: JournalSegment?
    private var file: JournalFile?
    private var bytes: [UInt8] = []
    private var lines: [(position: Position, range: Range<Int>)] = []

    package init(_ journal: Journal) {
        self.journal = journal
    }

    /// The entry of that number; `nil` if it is not there, or damaged.
    ///
    /// - Parameter end: No entry of the segment has this number or a greater one.
    package func entry(
        at position: Position, in segment: JournalSegment, before end: Position
    ) throws(LedgerError) -> PlacedEntry? {
        if segment != self.segment {
            file = try JournalFile(opening: segment.file, in: journal.directory)
            self.segment = segment
            lines = []
        }
        if !holds(position) { try load(position, segment, end) }
        guard let line = lines.first(where: { $0.position == position }),
            case .entry(let placed) = JournalLine(bytes[line.range])
        else { return nil }
        return placed
    }

    private func holds(_ position: Position) -> Bool {
        guard let first = lines.first, let last = lines.last else { return false }
        return first.position <= position && position <= last.position
    }

    /// Reads lines between which the entry stands, if it is there. Numbers and bytes grow together, so that one's place
    /// can be guessed.
    private func load(_ position: Position, _ segment: JournalSegment, _ end: Position) throws(LedgerError) {
        lines = []
        guard let file else { return }
        var (low, high) = ((segment.first.number, 0), (max(end.number, segment.first.number + 1), segment.length))
        var length = Self.blockLength
        while low.1 < high.1 {
            let share = Double(position.number - low.0) / Double(max(1, high.0 - low.0))
            let guess = low.1 + Int(Double(high.1 - low.1) * min(max(share, 0), 1))
            var start = max(low.1, min(guess, high.1) - length * 3 / 4)
            let stop = min(start + length, high.1)
            let block = try file.read(start..<stop)
            var index = 0
            if start > low.1 {
                guard let newLine = block.firstIndex(of: UInt8(ascii: "\n")) else {
                    length *= 2
                    continue
                }
                index = newLine + 1
            }
            let first = index
            lines = []
            while index < block.count, let newLine = block[index...].firstIndex(of: UInt8(ascii: "\n")) {
                if let number = JournalLine.position(in: block[index..<newLine]) {
                    lines.append((number, index..<newLine))
                }
                index = newLine + 1
            }
            bytes = block
            if holds(position) { return }
            guard let lowest = lines.first, let highest = lines.last else {
                // A line that is longer than the block, or damage.
                if length > segment.length * 2 { return }
                if stop == segment.length, start == 0 { return }
                length *= 2
                continue
            }
            start += first
            if position < lowest.position {
                if start <= low.1 { break }
                high = (lowest.position.number, start)
            } else {
                let behind = start - first + index
                if behind >= high.1 { break }
                low = (highest.position.number + 1, behind)
            }
        }
        lines = []
    }
}
