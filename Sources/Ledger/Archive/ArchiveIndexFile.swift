import Glibc

/// An index as it is searched: on disk, by a few reads of a few hundred entries, or in memory where it had to be made
/// anew.
final class ArchiveIndexFile {
    private enum Source: ~Copyable {
        case file(OpenFile)
        case memory([UInt8])
    }

    /// Entries that one read takes.
    private static let block = 128

    private let source: Source
    private let start: Int
    let count: Int
    let covered: [ArchiveMonth: Int]

    /// Opens an index; `nil` if it is not whole.
    init?(_ file: consuming OpenFile) throws(LedgerError) {
        let length = Int(try file.status().st_size)
        guard let head = Head(try file.read(Head.maximumLength, at: 0)),
            length == head.length + head.count * ArchiveIndex.entryLength
        else { return nil }
        start = head.length
        count = head.count
        covered = head.covered
        source = .file(file)
    }

    init(_ index: ArchiveIndex) {
        let bytes = index.bytes
        start = bytes.count - index.entries.count * ArchiveIndex.entryLength
        count = index.entries.count
        covered = index.covered
        source = .memory(bytes)
    }

    /// All of it.
    func index() throws(LedgerError) -> ArchiveIndex {
        ArchiveIndex(entries: try entries(0..<count), covered: covered)
    }

    /// Where the lines of names with that hash stand. Takes a few reads, however many entries there are: hashes spread
    /// evenly, so that one's place can be guessed.
    func locations(_ hash: UInt64) throws(LedgerError) -> [ArchiveLocation] {
        // What is looked for, the first entry that is not before `hash`, is in low...high.
        var (low, high) = (0, count)
        var (lowHash, highHash) = (0.0, 18_446_744_073_709_551_616.0)
        var guesses = 0
        while high - low > Self.block {
            // Should the guesses not close in, halving does.
            let share = guesses % 4 == 3 ? 0.5 : (Double(hash) - lowHash) / max(1, highHash - lowHash)
            let guess = low + Int((Double(high - low) * min(max(share, 0), 1)).rounded(.down))
            let first = min(max(low, guess - Self.block / 2), high - Self.block)
            let block = try entries(first..<(first + Self.block))
            if block[0].hash >= hash {
                (high, highHash) = (first, Double(block[0].hash))
            } else if block[Self.block - 1].hash < hash {
                (low, lowHash) = (first + Self.block, Double(block[Self.block - 1].hash))
            } else {
                (low, high) = (first, first + Self.block)
            }
            guesses += 1
        }
        var found: [ArchiveLocation] = []
        while low < count {
            let block = try entries(low..<min(low + Self.block, count))
            for entry in block where entry.hash == hash { found.append(entry.location) }
            if let last = block.last, last.hash > hash { break }
            low += Self.block
        }
        return found
    }

    private func entries(_ range: Range<Int>) throws(LedgerError) -> [ArchiveIndex.Entry] {
        let offset = start + range.lowerBound * ArchiveIndex.entryLength
        let length = range.count * ArchiveIndex.entryLength
        let bytes: [UInt8]
        switch source {
        case .file(let file): bytes = try file.read(length, at: offset)
        case .memory(let all): bytes = Array(all[offset..<(offset + length)])
        }
        return stride(
            from: 0, to: bytes.count / ArchiveIndex.entryLength * ArchiveIndex.entryLength, by: ArchiveIndex.entryLength
        )
        .map { ArchiveIndex.Entry(bytes, at: $0) }
    }
}

/// All that stands before the entries.
private struct Head {
    static let maximumMonths = 2_000
    static let maximumLength = 32 + maximumMonths * 8

    var length: Int
    var count: Int
    var covered: [ArchiveMonth: Int] = [:]

    /// Reads the beginning of an index; `nil` if it is not whole.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 32, bytes.starts(with: ArchiveIndex.format) else { return nil }
        let (entries, months) = (bytes.bigEndian(8, 8), bytes.bigEndian(16, 8))
        guard entries < 1 << 40, months <= Self.maximumMonths, bytes.count >= 32 + Int(months) * 8 else { return nil }
        length = 32 + Int(months) * 8
        count = Int(entries)
        var checksum = CRC32C()
        checksum.update(bytes[..<(length - 8)])
        guard bytes.bigEndian(length - 8, 8) == UInt64(checksum.value) else { return nil }
        for index in 0..<Int(months) {
            let end = ArchiveLocation(bytes, at: 24 + index * 8)
            covered[end.month] = end.offset
        }
    }
}
