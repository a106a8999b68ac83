import Formats
import Journal
import System

/// What stands beside a segment of the journal, on disk or in memory: its content, a byte for each entry, and the keys.
///
/// On disk, under `.index/`, named like the segment: eight bytes that name the format; the length and the CRC-32C of the
/// content (eight bytes each), the number of keys; the content; the first key of each block; a byte for each entry; their
/// CRC-32C; then the keys in blocks of 511, each behind the other with its CRC-32C. A key is forty bits of a hash and
/// the entry's place in the segment, and all are sorted.
final class IndexFile {
    static let format = Array("khoinsI1".utf8)
    private static let headLength = 40
    private static let keysPerBlock = 511
    /// Read at once: mostly the whole content.
    private static let firstLength = 32 << 10

    let content: IndexContent
    private let keyCount: Int
    private let fences: [UInt64]
    /// Where the columns stand; `nil` in memory.
    private let columnsOffset: Int
    private let place: (name: String, directory: IndexDirectory)?
    private var loadedCodes: [UInt8]?
    private var loadedKeys: [UInt64]?
    /// Something of it turned out to be damaged.
    private(set) var isDamaged = false

    /// - Parameter keys: Must be sorted.
    init(_ content: IndexContent, codes: [UInt8], keys: [UInt64]) {
        self.content = content
        keyCount = keys.count
        fences = []
        columnsOffset = 0
        place = nil
        loadedCodes = codes
        loadedKeys = keys
    }

    private init(
        _ content: IndexContent, keyCount: Int, _ fences: [UInt64], columnsOffset: Int, _ name: String,
        _ directory: IndexDirectory
    ) {
        self.content = content
        self.keyCount = keyCount
        self.fences = fences
        self.columnsOffset = columnsOffset
        place = (name, directory)
    }

    /// Bytes of a file.
    static func bytes(_ content: IndexContent, codes: [UInt8], keys: [UInt64]) -> [UInt8] {
        var middle = content.bytes
        for index in stride(from: 0, to: keys.count, by: keysPerBlock) {
            middle.addNumber(Int(bitPattern: UInt(keys[index])))
        }
        var bytes = format
        bytes.reserveCapacity(headLength + middle.count + codes.count + 8 + keys.count * 8 + keys.count / 32 + 8)
        bytes.addNumber(middle.count)
        var checksum = CRC32C()
        checksum.update(middle)
        bytes.addNumber(Int(checksum.value))
        bytes.addNumber(keys.count)
        bytes.addChecksum(from: 0)
        bytes += middle
        let start = bytes.count
        bytes += codes
        bytes.addChecksum(from: start)
        for index in stride(from: 0, to: keys.count, by: keysPerBlock) {
            let start = bytes.count
            keys[index..<min(index + keysPerBlock, keys.count)].withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes.addChecksum(from: start)
        }
        return bytes
    }

    /// Opens one; `nil` for what is none, or damaged as far as it was looked at.
    static func open(_ name: String, in directory: IndexDirectory) throws(LedgerError) -> IndexFile? {
        guard let file = try directory.open(name) else { return nil }
        let length = try file.length()
        var head = try file.read(min(length, firstLength), at: 0)
        guard head.count >= headLength, head.starts(with: format) else { return nil }
        var reader = IndexBytes(head, at: format.count)
        let (middleLength, middleChecksum, keyCount, headChecksum) = (
            reader.number(), reader.number(), reader.number(), reader.number()
        )
        var checksum = CRC32C()
        checksum.update(head[..<(headLength - 8)])
        guard headChecksum == Int(checksum.value), middleLength >= 0, keyCount >= 0,
            middleLength <= length - headLength, keyCount <= length / 8
        else { return nil }
        let columnsOffset = headLength + middleLength
        if head.count < columnsOffset {
            head += try file.read(columnsOffset - head.count, at: head.count)
            guard head.count >= columnsOffset else { return nil }
        }
        let middle = head[headLength..<columnsOffset]
        checksum = CRC32C()
        checksum.update(middle)
        let blockCount = (keyCount + keysPerBlock - 1) / keysPerBlock
        guard middleChecksum == Int(checksum.value), middleLength >= blockCount * 8,
            let content = IndexContent(Array(middle.dropLast(blockCount * 8))),
            length == columnsOffset + content.entryCount + 8 + (keyCount + blockCount) * 8
        else { return nil }
        var fences = IndexBytes(Array(middle.suffix(blockCount * 8)))
        return IndexFile(
            content, keyCount: keyCount, fences.numbers(blockCount).map { UInt64(bitPattern: Int64($0)) },
            columnsOffset: columnsOffset, name, directory)
    }

    /// A byte for each entry, see `IndexedKind`; `nil` where they are damaged.
    func codes() throws(LedgerError) -> [UInt8]? {
        if let loadedCodes { return loadedCodes }
        guard let bytes = try checked(content.entryCount, at: columnsOffset) else { return nil }
        loadedCodes = bytes
        return bytes
    }

    /// All keys; `nil` where they are damaged.
    func keys() throws(LedgerError) -> [UInt64]? {
        if let loadedKeys { return loadedKeys }
        var keys: [UInt64] = []
        keys.reserveCapacity(keyCount)
        for block in fences.indices {
            guard let more = try self.block(block) else { return nil }
            keys += more
        }
        return keys
    }

    /// The places of entries that have a key with that hash, in no order; `nil` where they are damaged.
    func ordinals(_ hash: UInt64) throws(LedgerError) -> [Int]? {
        let low = hash << UInt64(IndexedKey.ordinalBits)
        let high = (hash + 1) << UInt64(IndexedKey.ordinalBits)
        if let loadedKeys { return Self.ordinals(loadedKeys, low, high) }
        guard keyCount > 0 else { return [] }
        var block = max(0, fences.firstNotBefore { $0 < low } - 1)
        var found: [Int] = []
        while block < fences.count, fences[block] < high {
            guard let keys = try self.block(block) else { return nil }
            found += Self.ordinals(keys, low, high)
            block += 1
        }
        return found
    }

    private static func ordinals(_ keys: [UInt64], _ low: UInt64, _ high: UInt64) -> [Int] {
        let mask = UInt64(1) << UInt64(IndexedKey.ordinalBits) - 1
        return keys[keys.firstNotBefore { $0 < low }...].prefix { $0 < high }.map { Int($0 & mask) }
    }

    private func block(_ index: Int) throws(LedgerError) -> [UInt64]? {
        let blocks = columnsOffset + content.entryCount + 8
        let first = index * Self.keysPerBlock
        let count = min(Self.keysPerBlock, keyCount - first)
        guard let bytes = try checked(count * 8, at: blocks + (first + index) * 8) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            (0..<count).map { UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }

    /// So many bytes, if their checksum stands behind them.
    private func checked(_ count: Int, at offset: Int) throws(LedgerError) -> [UInt8]? {
        guard let place, let file = try place.directory.open(place.name) else {
            isDamaged = true
            return nil
        }
        var bytes = try file.read(count + 8, at: offset)
        guard bytes.count == count + 8 else {
            isDamaged = true
            return nil
        }
        var reader = IndexBytes(bytes, at: count)
        var checksum = CRC32C()
        checksum.update(bytes[..<count])
        guard reader.number() == Int(checksum.value) else {
            isDamaged = true
            return nil
        }
        bytes.removeLast(8)
        return bytes
    }
}

extension [UInt64] {
    /// The first index whose element is not before; all before come first.
    func firstNotBefore(_ isBefore: (UInt64) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
