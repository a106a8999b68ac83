import Formats

/// Where in the archive each name stands, made from the archive files alone; `archive/.index` is one on disk.
///
/// On disk, all numbers big-endian: eight bytes that name the format, the number of entries, the number of months (each
/// eight bytes), the months with the bytes of each that count (three and five bytes), the CRC-32C of all that (eight
/// bytes); then the entries, sixteen bytes each and sorted: the hash of a name, its month, its offset.
struct ArchiveIndex: Equatable {
    struct Entry: Hashable, Comparable {
        var hash: UInt64
        var location: ArchiveLocation

        static func < (left: Entry, right: Entry) -> Bool {
            (left.hash, left.location.month.ordinal, left.location.offset)
                < (right.hash, right.location.month.ordinal, right.location.offset)
        }
    }

    static let fileName = ".index"
    /// Below the data directory.
    static let path = "\(ArchiveMonth.directoryName)/\(fileName)"
    static let format = Array("khoinsA1".utf8)
    static let entryLength = 16

    /// Sorted.
    private(set) var entries: [Entry] = []
    /// Bytes of each archive file that the entries are of, up to the end of a whole line and synced.
    var covered: [ArchiveMonth: Int] = [:]
    /// Files that could not be read, or not all of them, when this was made from them.
    var unreadable: Set<ArchiveMonth> = []

    init() {}

    /// - Parameter entries: Must be sorted.
    init(entries: [Entry], covered: [ArchiveMonth: Int]) {
        self.entries = entries
        self.covered = covered
    }

    /// Takes in more entries; linear in all of them, but for sorting the new ones.
    mutating func add(_ more: [Entry]) {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count + more.count)
        var old = entries[...]
        for entry in more.sorted() {
            while let first = old.first, first < entry {
                merged.append(first)
                old.removeFirst()
            }
            if old.first != entry { merged.append(entry) }
        }
        merged += old
        entries = merged
    }

    /// A name's hash: FNV-1a, its bits mixed so that the hashes spread evenly. Stands in files, so it never changes.
    static func hash(_ name: RecordName) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 31
    }

    var bytes: [UInt8] {
        var bytes = Self.format
        bytes.reserveCapacity(40 + covered.count * 8 + entries.count * Self.entryLength)
        bytes.appendBigEndian(UInt64(entries.count), 8)
        bytes.appendBigEndian(UInt64(covered.count), 8)
        for (month, length) in covered.sorted(by: { $0.key < $1.key }) {
            bytes.append(ArchiveLocation(month: month, offset: length))
        }
        var checksum = CRC32C()
        checksum.update(bytes)
        bytes.appendBigEndian(UInt64(checksum.value), 8)
        for entry in entries {
            bytes.appendBigEndian(entry.hash, 8)
            bytes.append(entry.location)
        }
        return bytes
    }
}

extension ArchiveIndex.Entry {
    /// Reads an entry that begins at `index`.
    package init(_ bytes: [UInt8], at index: Int) {
        hash = bytes.bigEndian(index, 8)
        location = ArchiveLocation(bytes, at: index + 8)
    }
}

extension ArchiveLocation {
    package init(_ bytes: [UInt8], at index: Int) {
        month = ArchiveMonth(ordinal: Int(bytes.bigEndian(index, 3)))
        offset = Int(bytes.bigEndian(index + 3, 5))
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ location: ArchiveLocation) {
        appendBigEndian(UInt64(location.month.ordinal), 3)
        appendBigEndian(UInt64(location.offset), 5)
    }

    fileprivate mutating func appendBigEndian(_ number: UInt64, _ count: Int) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    package func bigEndian(_ index: Int, _ count: Int) -> UInt64 {
        self[index..<(index + count)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
