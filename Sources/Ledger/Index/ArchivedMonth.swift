import Formats
import Journal
import System

/// What can be told of an archive month without going through its lines.
struct ArchivedMonthHead: Equatable {
    /// Bytes of the month's file that this is made from, and what tells them from others.
    var sourceLength = 0
    var sourceMark: UInt32 = 0
    /// What was missing of the journal when this was made: of those entries it tells, of others the journal does.
    var dropped = DroppedStretches()
    /// Numbers of all entries that its lines tell of; empty where there is none.
    var positions = 0..<0
    /// Hours that anything is counted in.
    var hours: Range<Int32> = 0..<0
    /// In milliseconds, as `IndexContent` has them.
    var newest = Int64.min
    var balanceAt = Int64.min
    var balance = 0
    var isDoubtful = false
    /// The sums by product alone are.
    var hasDoubtfulProducts = false
    var magnitude = 0
    /// Lines that are where their records stand, by kind and status.
    var placeCounts = [Int](repeating: 0, count: IndexedKind.count + 1)
    var markCounts = [Int](repeating: 0, count: 3)
    /// Lines of other months that lines of this one are newer than.
    var supersedes: [ArchiveLocation] = []
    /// Where lines begin that those of other months are newer than: they are left out here.
    var leftOut: [Int] = []

    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [
            sourceLength, Int(sourceMark), positions.lowerBound, positions.upperBound, Int(hours.lowerBound),
            Int(hours.upperBound), Int(newest), Int(balanceAt), balance,
            (isDoubtful ? 1 : 0) | (hasDoubtfulProducts ? 2 : 0), magnitude,
        ] + placeCounts + markCounts { bytes.addNumber(number) }
        bytes.addNumber(dropped.ranges.count)
        for range in dropped.ranges {
            bytes.addNumber(range.lowerBound)
            bytes.addNumber(range.upperBound)
        }
        bytes.addNumber(supersedes.count)
        for location in supersedes {
            bytes.addNumber(location.month.ordinal)
            bytes.addNumber(location.offset)
        }
        bytes.addNumber(leftOut.count)
        for offset in leftOut { bytes.addNumber(offset) }
        return bytes
    }

    init() {}

    fileprivate init?(_ reader: inout IndexBytes) {
        let numbers = reader.numbers(11)
        placeCounts = reader.numbers(IndexedKind.count + 1)
        markCounts = reader.numbers(3)
        guard reader.isWhole, numbers[0] >= 0, numbers[1] >= 0, numbers[1] <= Int(UInt32.max),
            numbers[2] <= numbers[3], numbers[4] <= numbers[5], let first = Int32(exactly: numbers[4]),
            let end = Int32(exactly: numbers[5])
        else { return nil }
        sourceLength = numbers[0]
        sourceMark = UInt32(numbers[1])
        positions = numbers[2]..<numbers[3]
        hours = first..<end
        newest = Int64(numbers[6])
        balanceAt = Int64(numbers[7])
        balance = numbers[8]
        isDoubtful = numbers[9] & 1 != 0
        hasDoubtfulProducts = numbers[9] & 2 != 0
        magnitude = numbers[10]
        var ranges: [Range<Int>] = []
        for _ in 0..<reader.count(16) {
            let (first, end) = (reader.number(), reader.number())
            guard first <= end else { return nil }
            ranges.append(first..<end)
        }
        dropped = DroppedStretches(ranges)
        for _ in 0..<reader.count(16) {
            supersedes.append(
                ArchiveLocation(month: ArchiveMonth(ordinal: reader.number()), offset: reader.number()))
        }
        for _ in 0..<reader.count(8) { leftOut.append(reader.number()) }
        if !reader.isWhole { return nil }
    }
}

/// What stands beside an archive month: sums of what its lines tell of dropped entries, a row for each line, and keys.
///
/// On disk, under `.index/`, named like the month: eight bytes that name the format; the length of the head, its CRC-32C,
/// the length of the sums, the number of rows, the number of keys, the CRC-32C of all that (eight bytes each); the head;
/// the sums and their CRC-32C; a byte for each row and their CRC-32C; two numbers for each row, in blocks of 511, each
/// behind the other with its CRC-32C; the keys, likewise. Rows are sorted by the entry that set the status.
final class ArchivedMonth {
    private static let format = Array("khoinsM1".utf8)
    private static let headLength = 56

    struct Row {
        /// The entry by which the record has its place in a listing.
        var place: Position
        /// Where the line begins.
        var offset: Int
        /// From the month's beginning to when the status came.
        var seconds: Int

        static let secondBits = 24

        init(place: Position, offset: Int, seconds: Int) {
            self.place = place
            self.offset = offset
            self.seconds = seconds
        }

        fileprivate init(_ first: UInt64, _ second: UInt64) {
            place = Position(Int(clamping: first))
            offset = Int(second >> UInt64(Self.secondBits))
            seconds = Int(second & (1 << UInt64(Self.secondBits) - 1))
        }

        fileprivate var numbers: [UInt64] {
            [UInt64(clamping: place.number), UInt64(clamping: offset) << UInt64(Self.secondBits) | UInt64(seconds)]
        }
    }

    let month: ArchiveMonth
    let head: ArchivedMonthHead
    let rowCount: Int
    private let source: IndexSource
    private let sumsOffset: Int
    private let sumsLength: Int
    private let rows: IndexBlocks
    private let keys: IndexKeys
    private var loadedSums: IndexContent?
    private var loadedCodes: [UInt8]?
    private var loadedBlock: (index: Int, numbers: [UInt64])?

    /// How its file is named.
    static func name(of month: ArchiveMonth) -> String { String(month.fileName.dropLast(".jsonl".count)) }

    /// Bytes of a file.
    ///
    /// - Parameters:
    ///   - rows: Must be sorted by place; one for each of `codes`.
    ///   - keys: Must be sorted.
    static func bytes(
        _ head: ArchivedMonthHead, _ sums: IndexContent, codes: [UInt8], rows: [Row], keys: [UInt64]
    ) -> [UInt8] {
        var headBytes = head.bytes
        for fence in IndexKeys.fences(keys) { headBytes.addNumber(Int(bitPattern: UInt(fence))) }
        let sums = sums.bytes
        var bytes = format
        bytes.reserveCapacity(
            headLength + headBytes.count + sums.count + codes.count + IndexBlocks.byteCount(rows.count * 2)
                + IndexBlocks.byteCount(keys.count) + 16)
        var checksum = CRC32C()
        checksum.update(headBytes)
        for number in [headBytes.count, Int(checksum.value), sums.count, rows.count, keys.count] {
            bytes.addNumber(number)
        }
        bytes.addChecksum(from: 0)
        bytes += headBytes
        for part in [sums, codes] {
            let start = bytes.count
            bytes += part
            bytes.addChecksum(from: start)
        }
        IndexBlocks.append(rows.flatMap(\.numbers), to: &bytes)
        IndexBlocks.append(keys, to: &bytes)
        return bytes
    }

    /// Opens one; `nil` for what is none, or damaged as far as it was looked at.
    init?(_ month: ArchiveMonth, _ source: IndexSource) throws(LedgerError) {
        guard let length = try source.length() else { return nil }
        let start = try source.read(Self.headLength, at: 0)
        guard start.count == Self.headLength, start.starts(with: Self.format) else { return nil }
        var reader = IndexBytes(start, at: Self.format.count)
        let numbers = reader.numbers(6)
        var checksum = CRC32C()
        checksum.update(start.dropLast(8))
        guard numbers[5] == Int(checksum.value), numbers.allSatisfy({ (0...max(length, 1 << 32)).contains($0) }) else {
            return nil
        }
        let (headBytes, rowCount, keyCount) = (try source.read(numbers[0], at: Self.headLength), numbers[3], numbers[4])
        checksum = CRC32C()
        checksum.update(headBytes)
        sumsOffset = Self.headLength + numbers[0]
        sumsLength = numbers[2]
        let rowsOffset = sumsOffset + sumsLength + 8 + rowCount + 8
        rows = IndexBlocks(count: rowCount * 2, offset: rowsOffset)
        let blocks = IndexBlocks(count: keyCount, offset: rowsOffset + IndexBlocks.byteCount(rowCount * 2))
        guard headBytes.count == numbers[0], numbers[1] == Int(checksum.value),
            length == blocks.offset + IndexBlocks.byteCount(keyCount)
        else { return nil }
        reader = IndexBytes(headBytes)
        guard let head = ArchivedMonthHead(&reader) else { return nil }
        keys = IndexKeys(
            blocks: blocks, fences: reader.numbers(blocks.blockCount).map { UInt64(bitPattern: Int64($0)) })
        guard reader.isWhole, reader.isAtEnd else { return nil }
        self.head = head
        self.month = month
        self.rowCount = rowCount
        self.source = source
    }

    /// What its lines come to, as far as they tell of entries that were dropped; `nil` where that is damaged.
    func sums() throws(LedgerError) -> IndexContent? {
        if loadedSums == nil {
            guard let bytes = try source.checked(sumsLength, at: sumsOffset) else { return nil }
            loadedSums = IndexContent(bytes)
        }
        return loadedSums
    }

    /// A byte for each row, see `IndexedKind`; `nil` where they are damaged.
    func codes() throws(LedgerError) -> [UInt8]? {
        if loadedCodes == nil {
            loadedCodes = try source.checked(rowCount, at: sumsOffset + sumsLength + 8)
        }
        return loadedCodes
    }

    /// `nil` where it is damaged, or there is none.
    func row(_ ordinal: Int) throws(LedgerError) -> Row? {
        guard (0..<rowCount).contains(ordinal), let first = try number(ordinal * 2),
            let second = try number(ordinal * 2 + 1)
        else { return nil }
        return Row(first, second)
    }

    private func number(_ index: Int) throws(LedgerError) -> UInt64? {
        let (block, offset) = index.quotientAndRemainder(dividingBy: IndexBlocks.length)
        if loadedBlock?.index != block {
            guard let numbers = try rows.block(block, source) else { return nil }
            loadedBlock = (block, numbers)
        }
        return loadedBlock.flatMap { offset < $0.numbers.count ? $0.numbers[offset] : nil }
    }

    /// How many rows have their places before a position; `nil` where they are damaged.
    func rowCount(before position: Position) throws(LedgerError) -> Int? {
        var (low, high) = (0, rowCount)
        while low < high {
            let middle = (low + high) / 2
            guard let row = try row(middle) else { return nil }
            if row.place < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The rows of lines that have a key with that hash; `nil` where they are damaged.
    func ordinals(_ hash: UInt64) throws(LedgerError) -> [Int]? { try keys.ordinals(hash, source) }

    /// Removes what turned out to be damaged, so that it is made again.
    func drop() { source.drop() }
}
