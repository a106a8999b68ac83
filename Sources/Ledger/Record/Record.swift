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
    package struct Expected: Equatable, Sendable {
        package var at: Timestamp
        package var journal: Position
    }

    /// Copies of deliveries that the record does not keep.
    package struct Repeats: Equatable, Sendable {
        package var count: Int
        package var lastReceivedAt: Timestamp
        /// Where the newest copy stands in the journal.
        package var lastJournal: Position
    }

    /// What the delivery that set the status says.
    package var callback: Callback
    /// Another final status stood, or came, before this one.
    package var reversed = false
    /// A newer delivery says something that could not be read, behind a final status, which stands.
    package var unclear = false
    /// Arrival of the delivery that set the status.
    package var receivedAt: Timestamp
    package var expected: Expected?
    package var deliveries: [RecordedDelivery] = []
    /// Distinct deliveries that are in the journal only.
    package var omittedDeliveries = 0
    /// Digests of the newest of them that say how it ended, or what could not be read: a copy of one is known by it.
    package var omittedDigests: [UInt64] = []
    /// Copies that came of those, once they were omitted.
    package var omittedRepeats: Repeats?

    package var status: Status { callback.status }

    /// The newest entry that this record has taken in; that one and all before it change nothing any more.
    package var appliedUpTo: Position? {
        var newest = expected?.journal
        if let repeats = omittedRepeats { newest = max(newest ?? repeats.lastJournal, repeats.lastJournal) }
        for delivery in deliveries { newest = max(newest ?? delivery.lastJournal, delivery.lastJournal) }
        return newest
    }

    /// How many deliveries came, copies included.
    package var deliveryCount: Int {
        let omitted = omittedDeliveries.addingSaturated(omittedRepeats?.count ?? 0)
        return deliveries.reduce(omitted) { $0.addingSaturated($1.count) }
    }

    /// When anything about it came last.
    package var lastArrival: Timestamp {
        deliveries.reduce(max(receivedAt, omittedRepeats?.lastReceivedAt ?? receivedAt)) { max($0, $1.lastReceivedAt) }
    }
}
