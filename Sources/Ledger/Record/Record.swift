import Formats
import Journal
import KHOINS

/// What is known of one trxid (or top-up): a fold of its deliveries in journal order.
package struct Record: Equatable, Sendable {
    /// One distinct body, however often it came.
    package struct RecordedDelivery: Equatable, Sendable {
        package var receivedAt: Timestamp
        package var remoteAddress: String
        package var status: Status
        package var count: Int
        package var lastReceivedAt: Timestamp
        /// Where the first copy stands in the journal.
        package var journal: Position
        /// Where the newest copy stands.
        package var lastJournal: Position
        package var body: [UInt8]
    }

    /// When the reseller noted that it waits for this callback.
    package struct Noted: Equatable, Sendable {
        package var at: Timestamp
        package var journal: Position
    }

    /// What the delivery that set the status says.
    package var callback: Callback
    package var reversed = false
    /// Arrival of the delivery that set the status.
    package var receivedAt: Timestamp
    package var expected: Noted?
    package var deliveries: [RecordedDelivery] = []
    /// Distinct deliveries that are in the journal only.
    package var omittedDeliveries = 0

    package var status: Status { callback.status }

    /// The newest entry that this record has taken in; that one and all before it change nothing any more.
    package var appliedUpTo: Position? {
        var newest = expected?.journal
        for delivery in deliveries { newest = max(newest ?? delivery.lastJournal, delivery.lastJournal) }
        return newest
    }
}
