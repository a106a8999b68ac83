import Formats
import Journal
import System

/// The numbers of entries that the journal had once: what `archive` drops once all of it is in the archive.
///
/// Which of them it has dropped is noted in `.index/dropped`: eight bytes that name the format, how many stretches, the
/// first number of each and the one behind its last (little-endian, eight bytes each), a CRC-32C. What is missing and not
/// noted may have held anything: then all records are counted one by one.
struct DroppedStretches: Equatable {
    private static let format = Array("khoinsD1".utf8)
    private static let fileName = "dropped"

    /// In order; none touches another.
    private(set) var ranges: [Range<Int>] = []

    init(_ ranges: [Range<Int>] = []) {
        for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, last.upperBound >= range.lowerBound {
                self.ranges[self.ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// What is missing where these stretches are there.
    init(missing held: [Range<Position>], before end: Position) {
        var missing: [Range<Int>] = []
        var next = Position.first.number
        for range in held.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound.number { missing.append(next..<range.lowerBound.number) }
            next = max(next, range.upperBound.number)
        }
        if next < end.number { missing.append(next..<end.number) }
        self.init(missing)
    }

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ position: Position) -> Bool { ranges.contains { $0.contains(position.number) } }

    /// Those that have a number in common with a stretch, as a whole.
    func touching(_ range: Range<Int>) -> [Range<Int>] { ranges.filter { $0.overlaps(range) } }

    /// What of them is within a stretch.
    func within(_ range: Range<Int>) -> DroppedStretches {
        DroppedStretches(touching(range).map { $0.clamped(to: range) })
    }

    func isSubset(of others: DroppedStretches) -> Bool {
        ranges.allSatisfy { range in
            others.ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
        }
    }

    func union(_ others: DroppedStretches) -> DroppedStretches { DroppedStretches(ranges + others.ranges) }

    // MARK: The note

    /// What is noted; nothing where that cannot be read.
    init(notedIn directory: IndexDirectory?) throws(LedgerError) {
        guard
            let file = try directory.flatMap({ (directory) throws(LedgerError) in try directory.open(Self.fileName) }),
            let ranges = Self.ranges(try file.read(try file.length(), at: 0))
        else {
            self.init()
            return
        }
        self.init(ranges)
    }

    func note(in directory: IndexDirectory) { _ = directory.write(bytes, as: Self.fileName) }

    var bytes: [UInt8] {
        var bytes = Self.format
        bytes.addNumber(ranges.count)
        for range in ranges {
            bytes.addNumber(range.lowerBound)
            bytes.addNumber(range.upperBound)
        }
        bytes.addChecksum(from: 0)
        return bytes
    }

    private static func ranges(_ bytes: [UInt8]) -> [Range<Int>]? {
        guard bytes.starts(with: format) else { return nil }
        var reader = IndexBytes(bytes, at: format.count)
        var ranges: [Range<Int>] = []
        for _ in 0..<reader.count(16) {
            let (first, end) = (reader.number(), reader.number())
            guard first > 0, end >= first else { return nil }
            ranges.append(first..<end)
        }
        let checked = bytes.count - 8
        let isRight = reader.number() == Int(Self.checksum(bytes.prefix(max(0, checked))))
        return isRight && reader.isWhole && reader.isAtEnd ? ranges : nil
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }
}

/// Finds out, from all live records, what of that which is missing of the journal the archive tells: `archive` has dropped
/// it, and was cut off before it could note so.
struct DroppedWitness {
    private let missing: DroppedStretches
    private var doubted: Set<Int> = []

    init(_ missing: DroppedStretches) {
        self.missing = missing
    }

    /// Takes note of a live record.
    mutating func see(_ name: RecordName, _ record: Record, _ store: borrowing RecordStore) throws(LedgerError) {
        for range in missing.ranges where record.mayHaveEntries(in: range) {
            let archived = try store.archived(name)?.record.appliedUpTo?.number ?? 0
            if archived < record.newestEntry(in: range) { doubted.insert(range.lowerBound) }
        }
    }

    /// Not all live records can be seen.
    mutating func doubtAll() { doubted.formUnion(missing.ranges.map(\.lowerBound)) }

    /// What no live record can have held anything in that the archive does not tell.
    var proven: DroppedStretches { DroppedStretches(missing.ranges.filter { !doubted.contains($0.lowerBound) }) }
}

extension Record {
    /// The number of its newest entry in a stretch, or a greater one.
    fileprivate func newestEntry(in range: Range<Int>) -> Int {
        if omittedDeliveries > 0 { return min(range.upperBound, entries?.upperBound ?? 1) - 1 }
        let numbers = deliveries.map(\.journal.number) + (expected.map { [$0.journal.number] } ?? [])
        return numbers.filter(range.contains).max() ?? 0
    }

    /// The numbers from its oldest entry to its newest one; `nil` where it has none.
    var entries: Range<Int>? {
        guard let last = appliedUpTo?.number else { return nil }
        let first = deliveries.reduce(expected?.journal.number ?? last) { min($0, $1.journal.number) }
        return first..<(last + 1)
    }

    /// Whether one of its entries may be in a stretch.
    func mayHaveEntries(in range: Range<Int>) -> Bool {
        if omittedDeliveries > 0 { return entries?.overlaps(range) ?? false }
        return deliveries.contains { range.contains($0.journal.number) }
            || expected.map { range.contains($0.journal.number) } ?? false
    }
}
