import Formats
import Glibc
import System

/// An index as it is searched: on disk, by a few reads of a few hundred entries, or in memory where it had to be made
/// anew.
final class ArchiveIndexFile {
    private enum Source: ~Copyable {
        case file(OpenFile)
        case memory([UInt8])
    }

    /// Entries that one read takes: a page of them.
    private static let blockLength = 256
    /// The same, of one that goes through all.
    private static let longBlockLength = 65_536

    private let source: Source
    private let start: Int
    let count: Int
    let covered: [ArchiveMonth: Int]

    /// Opens the index of an archive; `nil` where there is none that is whole and can be read.
    ///
    /// - Parameter unreadable: Told if there is one that cannot be read.
    convenience init?(in archive: borrowing Directory, _ unreadable: () -> Void = {}) throws(LedgerError) {
        do throws(LedgerError) {
            guard let file = try archive.openIfPresent(ArchiveIndex.fileName) else { return nil }
            try self.init(file)
        } catch {
            guard archive.isOfFile(error) else { throw error }
            unreadable()
            return nil
        }
    }

    /// Opens an index; `nil` if it is not whole.
    init?(_ file: consuming OpenFile) throws(LedgerError) {
        let length = try file.length()
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
        ArchiveIndex(entries: try block(0..<count).entries, covered: covered)
    }

    /// Hashes that more than one line has.
    func repeatedHashes() throws(LedgerError) -> Set<UInt64> {
        var repeated: Set<UInt64> = []
        var last: UInt64?
        for start in stride(from: 0, to: count, by: Self.longBlockLength) {
            let block = try block(start..<min(start + Self.longBlockLength, count))
            for index in 0..<block.count {
                let hash = block.hash(index)
                if hash == last { repeated.insert(hash) }
                last = hash
            }
        }
        return repeated
    }

    /// Where the lines of names with that hash stand. Takes a few reads, however many entries there are: hashes spread
    /// evenly, so that one's place can be guessed.
    func locations(_ hash: UInt64) throws(LedgerError) -> [ArchiveLocation] {
        var found: [ArchiveLocation] = []
        var first = try lowerBound(hash)
        while first < count {
            let block = try block(first..<min(first + Self.blockLength, count))
            for index in 0..<block.count {
                if block.hash(index) != hash { return found }
                found.append(block.entry(index).location)
            }
            if block.count == 0 { break }
            first += block.count
        }
        return found
    }

    /// The first entry that is not before `hash`.
    private func lowerBound(_ hash: UInt64) throws(LedgerError) -> Int {
        // It is in low...high.
        var (low, high) = (0, count)
        var (lowHash, highHash) = (0.0, 18_446_744_073_709_551_616.0)
        var guesses = 0
        while low < high {
            // Should the guesses not close in, halving does.
            let share = guesses % 4 == 3 ? 0.5 : (Double(hash) - lowHash) / max(1, highHash - lowHash)
            let guess = low + Int((Double(high - low) * min(max(share, 0), 1)).rounded(.down))
            let first = max(low, min(guess - Self.blockLength / 2, high - Self.blockLength))
            let block = try block(first..<min(first + Self.blockLength, high))
            if block.count == 0 { return count }
            if block.hash(0) >= hash {
                (high, highHash) = (first, Double(block.hash(0)))
            } else if block.hash(block.count - 1) < hash {
                (low, lowHash) = (first + block.count, Double(block.hash(block.count - 1)))
            } else {
                return first + block.lowerBound(hash)
            }
            guesses += 1
        }
        return low
    }

    private func block(_ range: Range<Int>) throws(LedgerError) -> Block {
        let offset = start + range.lowerBound * ArchiveIndex.entryLength
        let length = range.count * ArchiveIndex.entryLength
        switch source {
        case .file(let file): return Block(bytes: try file.read(length, at: offset))
        case .memory(let all): return Block(bytes: Array(all[offset..<(offset + length)]))
        }
    }
}

/// Some entries, read one by one as they are asked for.
private struct Block {
    let bytes: [UInt8]

    var count: Int { bytes.count / ArchiveIndex.entryLength }

    func hash(_ index: Int) -> UInt64 {
        UInt64(
            bigEndian: bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: index * ArchiveIndex.entryLength, as: UInt64.self)
            })
    }

    func entry(_ index: Int) -> ArchiveIndex.Entry {
        ArchiveIndex.Entry(bytes, at: index * ArchiveIndex.entryLength)
    }

    var entries: [ArchiveIndex.Entry] { (0..<count).map { entry($0) } }

    /// The first entry in here that is not before `hash`.
    func lowerBound(_ hash: UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.hash(middle) < hash { low = middle + 1 } else { high = middle }
        }
        return low
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
