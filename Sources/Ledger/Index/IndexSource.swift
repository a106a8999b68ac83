import Formats
import System

/// Where a part of the index stands, on disk or in memory; parts of it are read as they are needed.
final class IndexSource {
    private enum Place {
        case file(String, IndexDirectory)
        case memory([UInt8])
    }

    private let place: Place

    init(_ name: String, in directory: IndexDirectory) {
        place = .file(name, directory)
    }

    init(_ bytes: [UInt8]) {
        place = .memory(bytes)
    }

    func read(_ count: Int, at offset: Int) throws(LedgerError) -> [UInt8] {
        switch place {
        case .file(let name, let directory): try directory.open(name)?.read(count, at: offset) ?? []
        case .memory(let bytes): Array(bytes.dropFirst(offset).prefix(count))
        }
    }

    /// `nil` where there is none.
    func length() throws(LedgerError) -> Int? {
        switch place {
        case .file(let name, let directory): try directory.open(name)?.length()
        case .memory(let bytes): bytes.count
        }
    }

    /// So many bytes, if their checksum stands behind them.
    func checked(_ count: Int, at offset: Int) throws(LedgerError) -> [UInt8]? {
        var bytes = try read(count + 8, at: offset)
        guard bytes.count == count + 8 else { return nil }
        var reader = IndexBytes(bytes, at: count)
        var checksum = CRC32C()
        checksum.update(bytes[..<count])
        guard reader.number() == Int(checksum.value) else { return nil }
        bytes.removeLast(8)
        return bytes
    }

    /// Removes what turned out to be damaged, so that it is made again.
    func drop() {
        if case .file(let name, let directory) = place { directory.remove(name) }
    }
}

/// Numbers in blocks, each with its CRC-32C behind it.
struct IndexBlocks {
    static let length = 511

    let count: Int
    /// Where the first block stands.
    let offset: Int

    var blockCount: Int { Self.blockCount(count) }

    static func blockCount(_ count: Int) -> Int { (count + length - 1) / length }

    /// How many bytes so many numbers take.
    static func byteCount(_ count: Int) -> Int { (count + blockCount(count)) * 8 }

    static func append(_ numbers: [UInt64], to bytes: inout [UInt8]) {
        for index in stride(from: 0, to: numbers.count, by: length) {
            let start = bytes.count
            for number in numbers[index..<min(index + length, numbers.count)] {
                bytes.addNumber(Int(bitPattern: UInt(number)))
            }
            bytes.addChecksum(from: start)
        }
    }

    /// `nil` where it is damaged.
    func block(_ index: Int, _ source: IndexSource) throws(LedgerError) -> [UInt64]? {
        let first = index * Self.length
        let count = min(Self.length, count - first)
        guard let bytes = try source.checked(count * 8, at: offset + (first + index) * 8) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            (0..<count).map { UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }
}

/// Sorted keys in blocks: forty bits of a hash each, and the place of what has it.
struct IndexKeys {
    let blocks: IndexBlocks
    /// The first key of each block.
    let fences: [UInt64]

    static func fences(_ keys: [UInt64]) -> [UInt64] {
        stride(from: 0, to: keys.count, by: IndexBlocks.length).map { keys[$0] }
    }

    /// All of them; `nil` where they are damaged.
    func all(_ source: IndexSource) throws(LedgerError) -> [UInt64]? {
        var keys: [UInt64] = []
        keys.reserveCapacity(blocks.count)
        for index in fences.indices {
            guard let more = try blocks.block(index, source) else { return nil }
            keys += more
        }
        return keys
    }

    /// The places of what has a key with that hash, in no order; `nil` where they are damaged.
    func ordinals(_ hash: UInt64, _ source: IndexSource) throws(LedgerError) -> [Int]? {
        let low = hash << UInt64(IndexedKey.ordinalBits)
        let high = (hash + 1) << UInt64(IndexedKey.ordinalBits)
        var index = max(0, fences.firstNotBefore { $0 < low } - 1)
        var found: [Int] = []
        while index < fences.count, fences[index] < high {
            guard let keys = try blocks.block(index, source) else { return nil }
            found += Self.ordinals(keys, hash)
            index += 1
        }
        return found
    }

    /// The same of keys in memory.
    static func ordinals(_ keys: [UInt64], _ hash: UInt64) -> [Int] {
        let low = hash << UInt64(IndexedKey.ordinalBits)
        let high = (hash + 1) << UInt64(IndexedKey.ordinalBits)
        let mask = UInt64(1) << UInt64(IndexedKey.ordinalBits) - 1
        return keys[keys.firstNotBefore { $0 < low }...].prefix { $0 < high }.map { Int($0 & mask) }
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
