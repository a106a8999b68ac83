import CLinux
import System

/// A piece of the journal, as bytes: to be taken apart by whatever thread.
package struct JournalChunk: Sendable {
    /// Bytes that are no whole line, in words.
    package struct Damage: Equatable, Sendable {
        /// Of the file, below the data directory.
        package var path: String
        package var words: String
        /// How many of the piece's entries stand before it.
        package var entriesBefore = 0
    }

    private let file: JournalFileName
    private let offset: Int
    private let bytes: [UInt8]
    /// Bytes of the file that could not be read.
    private let unreadable: [Range<Int>]

    init(_ file: JournalFile, at offset: Int, _ bytes: [UInt8]) {
        self.file = file.name
        unreadable = file.unreadable
        self.offset = offset
        self.bytes = bytes
    }

    /// Bytes of the journal.
    package var length: Int { bytes.count }

    /// What it holds, in order.
    package func parsed() -> (entries: [PlacedEntry], damage: [Damage]) {
        var entries: [PlacedEntry] = []
        var damage: [Damage] = []
        for stretch in JournalScan(bytes, at: offset) {
            switch stretch.line {
            case .entry(let placed): entries.append(placed)
            case .abandonment: continue
            case .none:
                let isRead = !unreadable.contains { $0.overlaps(stretch.range) }
                damage.append(
                    Damage(
                        path: file.path,
                        words: "\(stretch.range.count) bytes from \(stretch.range.lowerBound) on "
                            + (isRead ? "are no whole line" : "cannot be read"), entriesBefore: entries.count))
            }
        }
        return (entries, damage)
    }

    package var entries: [PlacedEntry] { parsed().entries }

    /// Whether every byte of it could be read.
    package var isRead: Bool { !unreadable.contains { $0.overlaps(offset..<(offset + bytes.count)) } }

    /// So many of the first entries, at most; the rest was not read.
    package func entries(first count: Int) -> [PlacedEntry] {
        var entries: [PlacedEntry] = []
        var scan = JournalScan(bytes, at: offset)
        while entries.count < count, let stretch = scan.next() {
            if let placed = stretch.placed { entries.append(placed) }
        }
        return entries
    }

    /// The entries that may speak of one of these words: most others are left out, and were not read. Words are of letters,
    /// digits and signs that JSON does not escape.
    package func entries(mentioning words: [[UInt8]]) -> [PlacedEntry] {
        var starts: Set<Int> = []
        for wanted in words + Self.disguises(of: words) {
            var index = 0
            while let found = bytes.firstRange(of: wanted, from: index) {
                starts.insert(bytes.lineStart(before: found))
                index = bytes.lineEnd(behind: found)
            }
        }
        return starts.sorted().flatMap { start in
            JournalScan(Array(bytes[start..<bytes.lineEnd(behind: start)]), at: offset + start).compactMap(\.placed)
        }
    }

    /// What a line holds in which a word can stand in other bytes: as escapes, in a body that is not UTF-8, and, if it is a
    /// number, with an exponent.
    private static func disguises(of words: [[UInt8]]) -> [[UInt8]] {
        let isNumber = words.contains { $0.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "-") } }
        let exponents = isNumber ? ["e+", "E+"] + (1...9).map { "E\($0)" } : []
        return ([#"\u"#, #""bodyBase64""#] + exponents).map { Array($0.utf8) }
    }
}

extension [UInt8] {
    fileprivate func firstRange(of wanted: [UInt8], from index: Int) -> Int? {
        withUnsafeBytes { buffer in
            guard index < buffer.count, let start = buffer.baseAddress,
                let found = memmem(start + index, buffer.count - index, wanted, wanted.count)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }

    fileprivate func lineStart(before index: Int) -> Int {
        self[..<index].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }

    /// Where the line ends in which this stands, its new line included.
    fileprivate func lineEnd(behind index: Int) -> Int {
        self[index...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? count
    }
}
