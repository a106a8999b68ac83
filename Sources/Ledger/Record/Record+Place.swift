import Formats
import Journal

extension Record {
    /// When this was first heard of: noted, or delivered.
    package var knownSince: Timestamp {
        // What was imported may have set the status, and have come before the first one in the journal.
        let first = min(deliveries.first?.receivedAt ?? receivedAt, receivedAt)
        return expected.map { min($0.at, first) } ?? first
    }

    /// The entry by which a record has its place in a listing: the one that set its status. `nil` where that delivery is
    /// one of those that the record leaves to the journal.
    package var statusPosition: Position? {
        let setting = deliveries.last { $0.receivedAt == receivedAt && $0.status == status }
        if let setting { return setting.journal }
        if expected?.at == receivedAt { return expected?.journal }
        // One that was edited by hand is listed by its newest delivery.
        return omittedDeliveries > 0 ? nil : deliveries.last?.journal ?? expected?.journal
    }
}
