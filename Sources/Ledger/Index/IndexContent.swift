import Formats
import Journal
import System

/// What the entries of a stretch come to, all but the columns and keys of each one.
struct IndexContent: Equatable {
    /// Labels of a kind that are told apart; the rest is one.
    static let maximumLabels = 1_000
    /// What all labels behind that are counted with.
    static let otherLabel = UInt16.max
    /// Records that wait, by name.
    static let maximumOpen = 4_096

    struct Answer: Equatable {
        var hour: Int32
        /// Negative where this one is none any more: `-1 - milliseconds`.
        var milliseconds: Int64
    }

    struct Open: Equatable {
        var ordinal: Int
        /// Of the record.
        var path: String
    }

    /// A record that its own file does not say enough of, as it is behind the last entry.
    struct Pinned: Equatable {
        var path: String
        var json: String
    }

    struct Run: Equatable {
        var ordinal: Int
        var position: Int
    }

    /// Bytes of the journal's segment that this is made from, and what tells them from others.
    var sourceLength = 0
    var sourceMark: UInt32 = 0
    var first: Position
    /// The number behind that of the last entry.
    var end: Position
    var entryCount = 0
    /// Arrival of the entry that came first, and last, in milliseconds.
    var earliest = Int64.max
    var latest = Int64.min
    /// The same of entries that are about a record.
    var newest = Int64.min
    /// What the newest entry said that told a balance.
    var balanceAt = Int64.min
    var balance = 0
    /// The sums are not those of the records: something of the journal could not be read, or built upon.
    var isDoubtful = false
    /// There are more that wait than are named.
    var hasMoreOpen = false
    /// All Rupiah without their signs; at its limit, the sums can be anything.
    var magnitude = 0
    /// Entries that are where their records stand, by kind and status.
    var placeCounts = [Int](repeating: 0, count: IndexedKind.count + 1)
    /// Entries whose records bear a mark.
    var markCounts = [Int](repeating: 0, count: 3)
    /// Numbers go on by one within each.
    var runs: [Run] = []
    var labels: [String] = []
    /// Sorted by key.
    var sums: [(key: SumKey, sum: IndexedSum)] = []
    var answers: [Answer] = []
    var open: [Open] = []
    var pinned: [Pinned] = []

    init(first: Position) {
        self.first = first
        end = first
    }

    func position(ofOrdinal ordinal: Int) -> Position? {
        guard ordinal >= 0, ordinal < entryCount, let run = runs.last(where: { $0.ordinal <= ordinal }) else {
            return nil
        }
        return Position(run.position + ordinal - run.ordinal)
    }

    func ordinal(of position: Position) -> Int? {
        guard position < end, let index = runs.lastIndex(where: { $0.position <= position.number }) else { return nil }
        let ordinal = runs[index].ordinal + position.number - runs[index].position
        return ordinal < (index + 1 < runs.count ? runs[index + 1].ordinal : entryCount) ? ordinal : nil
    }

    func label(_ label: UInt16) -> String? { Int(label) < labels.count ? labels[Int(label)] : nil }

    static func == (left: IndexContent, right: IndexContent) -> Bool { left.bytes == right.bytes }
}

// MARK: On disk

extension IndexContent {
    /// All numbers little-endian, eight bytes each but where said otherwise.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + sums.count * 24 + open.count * 40 + labels.count * 24)
        for number in [
            sourceLength, Int(sourceMark), first.number, end.number, entryCount, Int(earliest), Int(latest),
            Int(newest), Int(balanceAt), balance, (isDoubtful ? 1 : 0) | (hasMoreOpen ? 2 : 0), magnitude,
        ] + placeCounts + markCounts {
            bytes.addNumber(number)
        }
        bytes.addNumber(runs.count)
        for run in runs {
            bytes.addNumber(run.ordinal)
            bytes.addNumber(run.position)
        }
        bytes.addNumber(labels.count)
        for label in labels { bytes.addText(label) }
        bytes.addNumber(sums.count)
        for (key, sum) in sums {
            bytes.addNumber(Int(bitPattern: UInt(key.packed)))
            bytes.addNumber(sum.count)
            bytes.addNumber(sum.rupiah)
        }
        bytes.addNumber(answers.count)
        for answer in answers {
            bytes.addNumber(Int(answer.hour))
            bytes.addNumber(Int(answer.milliseconds))
        }
        bytes.addNumber(open.count)
        for item in open {
            bytes.addNumber(item.ordinal)
            bytes.addText(item.path)
        }
        bytes.addNumber(pinned.count)
        for item in pinned {
            bytes.addText(item.path)
            bytes.addText(item.json)
        }
        return bytes
    }

    /// `nil` for bytes that are no content.
    init?(_ bytes: [UInt8]) {
        var reader = IndexBytes(bytes)
        let numbers = reader.numbers(12)
        let places = reader.numbers(IndexedKind.count + 1)
        let marks = reader.numbers(3)
        guard reader.isWhole, numbers[0] >= 0, numbers[1] >= 0, numbers[1] <= Int(UInt32.max), numbers[2] > 0,
            numbers[3] >= numbers[2], numbers[4] >= 0
        else { return nil }
        self.init(first: Position(numbers[2]))
        sourceLength = numbers[0]
        sourceMark = UInt32(numbers[1])
        end = Position(numbers[3])
        entryCount = numbers[4]
        earliest = Int64(numbers[5])
        latest = Int64(numbers[6])
        newest = Int64(numbers[7])
        balanceAt = Int64(numbers[8])
        balance = numbers[9]
        isDoubtful = numbers[10] & 1 != 0
        hasMoreOpen = numbers[10] & 2 != 0
        magnitude = numbers[11]
        placeCounts = places
        markCounts = marks
        for _ in 0..<reader.count(16) {
            runs.append(Run(ordinal: reader.number(), position: reader.number()))
        }
        for _ in 0..<reader.count(8) { labels.append(reader.text()) }
        let sumCount = reader.count(24)
        sums.reserveCapacity(sumCount)
        for _ in 0..<sumCount {
            let key = SumKey(packed: UInt64(bitPattern: Int64(reader.number())))
            sums.append((key, IndexedSum(count: reader.number(), rupiah: reader.number())))
        }
        for _ in 0..<reader.count(16) {
            let hour = Int32(truncatingIfNeeded: reader.number())
            answers.append(Answer(hour: hour, milliseconds: Int64(reader.number())))
        }
        for _ in 0..<reader.count(16) { open.append(Open(ordinal: reader.number(), path: reader.text())) }
        for _ in 0..<reader.count(16) { pinned.append(Pinned(path: reader.text(), json: reader.text())) }
        guard reader.isWhole, reader.isAtEnd else { return nil }
    }
}

extension [UInt8] {
    mutating func addNumber(_ number: Int) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Its length, then its bytes.
    mutating func addText(_ text: String) {
        addNumber(text.utf8.count)
        append(contentsOf: text.utf8)
    }

    mutating func addChecksum(from start: Int) {
        var checksum = CRC32C()
        checksum.update(self[start...])
        addNumber(Int(checksum.value))
    }
}

/// Reads what was appended; once there is not enough, all is nothing, and it is not whole.
struct IndexBytes {
    private let bytes: [UInt8]
    private var index: Int
    private(set) var isWhole = true

    init(_ bytes: [UInt8], at index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    var isAtEnd: Bool { index == bytes.count }

    mutating func number() -> Int {
        guard isWhole, bytes.count - index >= 8 else {
            isWhole = false
            return 0
        }
        defer { index += 8 }
        return Int(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: Int.self) })
    }

    mutating func numbers(_ count: Int) -> [Int] { (0..<count).map { _ in number() } }

    /// How many follow, each of so many bytes at least.
    mutating func count(_ length: Int) -> Int {
        let count = number()
        guard isWhole, count >= 0, count <= (bytes.count - index) / length else {
            isWhole = false
            return 0
        }
        return count
    }

    mutating func text() -> String {
        let length = count(1)
        guard isWhole else { return "" }
        defer { index += length }
        return bytes.text(index..<(index + length))
    }
}
