import Formats
import Journal
import KHOINS

/// What an entry did to a record.
package enum Change: String, Equatable, Sendable {
    case created
    case updated
    case duplicate
    /// The record had the entry already, or the entry has nothing to say to it.
    case none
}

extension Record {
    /// Distinct deliveries that a record keeps, half of them the first ones and half the newest.
    package static let maximumDeliveries = 64

    /// The record after a delivery that stands at `position`, and what that changed. Applying an entry again changes
    /// nothing.
    package static func applying(
        _ delivery: Delivery, reading callback: Callback, at position: Position, to record: Record?
    ) -> (record: Record, change: Change) {
        let recorded = RecordedDelivery(
            receivedAt: delivery.receivedAt, remoteAddress: delivery.remoteAddress, status: callback.status, count: 1,
            lastReceivedAt: delivery.receivedAt, journal: position, lastJournal: position, body: delivery.body)
        guard var record else {
            return (
                Record(callback: callback, receivedAt: delivery.receivedAt, deliveries: [recorded]), .created
            )
        }
        if let applied = record.appliedUpTo, position <= applied { return (record, .none) }
        if let index = record.deliveries.firstIndex(where: { $0.body == delivery.body }) {
            record.deliveries[index].count += 1
            record.deliveries[index].lastReceivedAt = delivery.receivedAt
            record.deliveries[index].lastJournal = position
            return (record, .duplicate)
        }
        record.deliveries.append(recorded)
        if record.deliveries.count > maximumDeliveries {
            record.deliveries.remove(at: maximumDeliveries / 2)
            record.omittedDeliveries += 1
        }
        record.take(callback, receivedAt: delivery.receivedAt)
        return (record, .updated)
    }

    /// The record after an expectation that stands at `position`. It makes a record, and never touches one that a
    /// callback has set or that is expected already.
    package static func applying(
        _ expectation: Expectation, at position: Position, to record: Record?
    ) -> (record: Record, change: Change) {
        if let record { return (record, .none) }
        let callback = Callback(
            kind: .transaction, trxid: expectation.trxid, status: .pending, product: expectation.product,
            destination: expectation.destination, damaged: false, messageDigest: "")
        return (
            Record(
                callback: callback, receivedAt: expectation.notedAt,
                expected: Noted(at: expectation.notedAt, journal: position)),
            .created
        )
    }

    /// Lets a newer callback set the status, unless it is less final than what stands.
    private mutating func take(_ newer: Callback, receivedAt arrival: Timestamp) {
        guard newer.status.isFinal || !status.isFinal else { return }
        if status.isFinal, newer.status != status { reversed = true }
        let older = callback
        callback = newer
        receivedAt = arrival
        // What was ordered stays what it was, however the order ends.
        callback.product = newer.product ?? older.product
        callback.destination = newer.destination ?? older.destination
        callback.memberid = newer.memberid ?? older.memberid
        callback.amount = newer.amount ?? older.amount
        // A second report of the same outcome that says less does not take back what the first one said.
        if newer.status == older.status {
            callback.serialNumber = newer.serialNumber ?? older.serialNumber
            callback.price = newer.price ?? older.price
            callback.reason = newer.reason ?? older.reason
        }
    }
}
