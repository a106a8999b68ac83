import Formats
import Journal
import KHOINS
import System

extension RecordReader {
    /// Entries at the beginning of each stretch of the journal that are looked at.
    private static let maximumLooked = 200

    /// Whether `archive` would move a record that is worth it. A stretch of the journal that goes by itself when nothing
    /// needs it is no reason, nor is one that is still written to.
    ///
    /// Looks at the first entries alone of each stretch that begins so early.
    ///
    /// - Parameters:
    ///   - old: A record of which an entry came before this time is old enough to be worth it.
    ///   - cutoff: What `archive` would be told: it moves final records on which nothing has arrived since.
    package func hasOldRecords(from old: Timestamp, archivedBefore cutoff: Timestamp) throws(LedgerError) -> Bool {
        var isFound = false
        var isEarly = true
        for (positions, _) in try journal.stretches() where !isFound && isEarly {
            var left = Self.maximumLooked
            isEarly = false
            try journal.read(from: positions.lowerBound, upTo: positions.upperBound) { (chunk) throws(LedgerError) in
                for placed in chunk.entries(first: left) {
                    let isFirst = left == Self.maximumLooked
                    left -= 1
                    guard placed.entry.content.time < old else {
                        if !isFirst { continue }
                        left = 0
                        break
                    }
                    isEarly = true
                    guard let name = placed.entry.content.recordName(),
                        case .record(let record) = try store.remains(of: name, inArchiveToo: false),
                        record.status.isFinal, record.lastArrival < cutoff
                    else { continue }
                    isFound = true
                    return false
                }
                return left > 0
            }
        }
        return isFound
    }
}
