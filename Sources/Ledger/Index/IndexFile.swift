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
    /// Read at once: mostly the whole content.
    private static let firstLength = 32 << 10

    private enum Parts {
        case memory(codes: [UInt8], keys: [UInt64])
        case file(IndexSource, columnsOffset: Int, IndexKeys)
    }

    let content: IndexContent
    private let parts: Parts
    private var loadedCodes: [UInt8]?

    /// - Parameter keys: Must be sorted.
    init(_ content: IndexContent, codes: [UInt8], keys: [UInt64]) {
        self.content = content
        parts = .memory(codes: codes, keys: keys)
    }

    private init(_ content: IndexContent, _ parts: Parts) {
        self.content = content
        self.parts = parts
    }

    /// Bytes of a file.
    static func bytes(_ content: IndexContent, codes: [UInt8], keys: [UInt64]) -> [UInt8] {
        var middle = content.bytes
        for fence in IndexKeys.fences(keys) { middle.addNumber(Int(bitPattern: UInt(fence))) }
        var bytes = format
        bytes.reserveCapacity(headLength + middle.count + codes.count + 8 + IndexBlocks.byteCount(keys.count))
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
        IndexBlocks.append(keys, to: &bytes)
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
        let blockCount = IndexBlocks.blockCount(keyCount)
        guard middleChecksum == Int(checksum.value), middleLength >= blockCount * 8,
            let content = IndexContent(Array(middle.dropLast(blockCount * 8))),
            length == columnsOffset + content.entryCount + 8 + IndexBlocks.byteCount(keyCount)
        else { return nil }
        var fences = IndexBytes(Array(middle.suffix(blockCount * 8)))
        let keys = IndexKeys(
            blocks: IndexBlocks(count: keyCount, offset: columnsOffset + content.entryCount + 8),
            fences: fences.numbers(blockCount).map { UInt64(bitPattern: Int64($0)) })
        return IndexFile(
            content, .file(IndexSource(name, in: directory), columnsOffset: columnsOffset, keys))
    }

    /// A byte for each entry, see `IndexedKind`; `nil` where they are damaged.
    func codes() throws(LedgerError) -> [UInt8]? {
        if let loadedCodes { return loadedCodes }
        switch parts {
        case .memory(let codes, _): loadedCodes = codes
        case .file(let source, let offset, _): loadedCodes = try source.checked(content.entryCount, at: offset)
        }
        return loadedCodes
    }

    /// All keys; `nil` where they are damaged.
    func keys() throws(LedgerError) -> [UInt64]? {
        switch parts {
        case .memory(_, let keys): keys
        case .file(let source, _, let keys): try keys.all(source)
        }
    }

    /// The places of entries that have a key with that hash, in no order; `nil` where they are damaged.
    func ordinals(_ hash: UInt64) throws(LedgerError) -> [Int]? {
        switch parts {
        case .memory(_, let keys): IndexKeys.ordinals(keys, hash)
        case .file(let source, _, let keys): try keys.ordinals(hash, source)
        }
    }
}
