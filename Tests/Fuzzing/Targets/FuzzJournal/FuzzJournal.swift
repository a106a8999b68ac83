import Formats
import KHOINS
import LibFuzzer

@testable import Journal
@testable import Ledger

// Whatever a journal file holds: its lines cover it without a gap, and an entry that is read is written the same.
// The checksum would stop nearly every mutation at the door, so lines that begin like an entry get the right one.

private let start = Position("20261122-000001.jsonl:0")

@main
enum FuzzJournal {
    static func main() { fuzz(fuzzJournal) }
}

private func fuzzJournal(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: bytes, count: count))
    check(bytes)
    check(withRightChecksums(bytes))
    return 0
}

private func check(_ bytes: [UInt8]) {
    guard let start else { fatalError("this is a position") }
    var covered = 0
    for line in JournalScan(bytes, at: start) {
        let (position, length): (Position, Int)
        switch line {
        case .entry(let entry, let place, let count):
            (position, length) = (place, count)
            var scan = JournalScan(entry.line, at: start)
            guard case .entry(let again, _, let written)? = scan.next() else {
                fatalError("an entry's own line is no entry")
            }
            precondition(again == entry && written == entry.line.count)
        case .damage(let place, let count): (position, length) = (place, count)
        }
        guard let offset = position.description.split(separator: ":").last.flatMap({ Int($0) }) else {
            fatalError("a position has an offset")
        }
        // Only blank lines are passed over.
        precondition(offset >= covered && length > 0)
        precondition(bytes[covered..<offset].allSatisfy { $0 == UInt8(ascii: "\n") })
        covered = offset + length
    }
    precondition(covered <= bytes.count && bytes[covered...].allSatisfy { $0 == UInt8(ascii: "\n") })
}

private func withRightChecksums(_ bytes: [UInt8]) -> [UInt8] {
    let head = 17
    var lines: [[UInt8]] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        var line = Array(line)
        if line.count > head, line.starts(with: #"{"crc":""#.utf8) {
            var checksum = CRC32C()
            checksum.update(line[18...])
            let digits = String(checksum.value, radix: 16)
            line.replaceSubrange(8..<16, with: (String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8)
        }
        lines.append(line)
    }
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
}
