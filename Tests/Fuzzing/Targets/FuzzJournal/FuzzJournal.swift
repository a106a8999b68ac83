import Formats
import KHOINS
import LibFuzzer

@testable import Journal
@testable import Ledger

// Whatever a journal file holds: its lines cover it without a gap, and an entry that is read is written the same.
// The checksum would stop nearly every mutation at the door, so lines that begin like an entry get the right one.

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
    var covered = 0
    for stretch in JournalScan(bytes) {
        if let placed = stretch.placed {
            var line: [UInt8] = []
            EntryDraft(placed.entry.content).append(to: &line, at: placed.position, updating: placed.entry.updates)
            guard let again = Array(JournalScan(line)).first else { fatalError("an entry's own line is no entry") }
            precondition(again.placed == placed && again.range == 0..<line.count)
            precondition(JournalLine.position(in: line.dropLast()) == placed.position)
        }
        // Only blank lines are passed over.
        precondition(stretch.range.lowerBound >= covered && !stretch.range.isEmpty)
        precondition(bytes[covered..<stretch.range.lowerBound].allSatisfy { $0 == UInt8(ascii: "\n") })
        covered = stretch.range.upperBound
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
