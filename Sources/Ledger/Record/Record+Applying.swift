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
    /// Digests that a record keeps of deliveries that it does not keep.
    package static let maximumDigests = 1_024

    /// The record after a delivery that stands at `position`, and what that changed. Applying an entry again changes
    /// nothing.
    package static func applying(
        _ delivery: Delivery, interpretation callback: Callback, at position: Position, to record: Record?
    ) -> (record: Record, change: Change) {
        folded(record) { apply(delivery, interpretation: callback, at: position, to: &$0) }
    }

    private static func folded(
        _ record: Record?, _ apply: (inout Record?) -> Change
    ) -> (record: Record, change: Change) {
        var folded = record
        let change = apply(&folded)
        guard let folded else { preconditionFailure("an entry that is applied leaves a record") }
        return (folded, change)
    }

    /// The same in place: no record is copied, and there is one on return.
    static func apply(
        _ delivery: Delivery, interpretation callback: Callback, at position: Position, to record: inout Record?
    ) -> Change {
        let recorded = RecordedDelivery(
            receivedAt: delivery.receivedAt, remoteAddress: delivery.remoteAddress, status: callback.status, count: 1,
            lastReceivedAt: delivery.receivedAt, journal: position, lastJournal: position, body: delivery.body)
        if let change = record?.add(recorded, delivery, callback) { return change }
        record = Record(callback: callback, receivedAt: delivery.receivedAt, deliveries: [recorded])
        return .created
    }

    private mutating func add(_ recorded: RecordedDelivery, _ delivery: Delivery, _ callback: Callback) -> Change {
        let position = recorded.journal
        if let applied = appliedUpTo, position <= applied { return .none }
        if let index = deliveries.firstIndex(where: { $0.body.hasSameBytes(as: delivery.body) }) {
            deliveries[index].repeat(delivery, at: position)
            return .duplicate
        }
        if hasOmitted(delivery.body) {
            omittedRepeats.repeat(delivery, at: position)
            return .duplicate
        }
        deliveries.append(recorded)
        if deliveries.count > Self.maximumDeliveries { omit(deliveries.remove(at: Self.maximumDeliveries / 2)) }
        take(callback, of: delivery)
        return .updated
    }

    /// Whether a delivery of this body was there before `position` that the record does not keep. Of two copies with
    /// the same digest that may each have been the first one, it says `false`.
    func hasOmitted(_ body: [UInt8], before position: Position) -> Bool {
        // All that is omitted came, for the first time, before what is kept behind it.
        let index = Self.maximumDeliveries / 2
        guard index < deliveries.count, position > deliveries[index].journal else { return false }
        return hasOmitted(body)
    }

    private func hasOmitted(_ body: [UInt8]) -> Bool {
        !omittedDigests.isEmpty && omittedDigests.contains(Self.digest(body))
    }

    private mutating func omit(_ delivery: RecordedDelivery) {
        omittedDeliveries = omittedDeliveries.addingSaturated(1)
        // Nothing that has come since could be changed by a copy of a Pending.
        guard delivery.status.isFinal || delivery.status == .unknown else { return }
        omittedDigests.append(Self.digest(delivery.body))
        if omittedDigests.count > Self.maximumDigests { omittedDigests.removeFirst() }
    }

    /// The first 8 bytes of the body's SHA-256.
    private static func digest(_ body: [UInt8]) -> UInt64 {
        SHA256.digest(body).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The record after an expectation that stands at `position`. It makes a record, and never touches one that a
    /// callback has set or that is expected already.
    package static func applying(
        _ expectation: Expectation, at position: Position, to record: Record?
    ) -> (record: Record, change: Change) {
        folded(record) { apply(expectation, at: position, to: &$0) }
    }

    /// The same in place.
    static func apply(_ expectation: Expectation, at position: Position, to record: inout Record?) -> Change {
        if record != nil { return .none }
        let callback = Callback(
            kind: .transaction, trxid: expectation.trxid, status: .pending, product: expectation.product,
            destination: expectation.destination, damaged: false, messageDigest: "")
        record = Record(
            callback: callback, receivedAt: expectation.notedAt,
            expected: Expected(at: expectation.notedAt, journal: position))
        return .created
    }

    /// Lets a delivery that was just added set the status, or leave its mark on the one that stands.
    ///
    /// The journal's order is the order of arrival, for all but what was imported: that arrived when it says.
    private mutating func take(_ said: Callback, of delivery: Delivery) {
        // Where only the reseller's own note stands, no delivery set the status.
        let isOlder = delivery.imported && deliveries.count > 1 && delivery.receivedAt.isBefore(receivedAt)
        if isOlder, said.status == .unknown { return }
        let later = delivery.imported ? word(after: delivery.receivedAt) : nil
        if status.isFinal, isOlder || !said.status.isFinal {
            if said.status.isFinal, said.status != status { reversed = true }
            if isOlder { callback.fill(from: said) } else if later == nil { unclear = said.status == .unknown }
            return
        }
        if status.isFinal, said.status != status { reversed = true }
        unclear = said.status.isFinal && later == .unknown
        if isOlder, said.status == status {
            callback.fill(from: said)
        } else {
            let older = callback
            callback = said
            callback.fill(from: older)
        }
        receivedAt = delivery.receivedAt
    }

    /// What the delivery says that arrived last, if any arrived after `time`; of those that are kept.
    private func word(after time: Timestamp) -> Status? {
        var newest: RecordedDelivery?
        for delivery in deliveries where time.isBefore(delivery.receivedAt) {
            if let known = newest, delivery.receivedAt.isBefore(known.receivedAt) { continue }
            newest = delivery
        }
        return newest?.status
    }
}

extension Record.RecordedDelivery {
    fileprivate mutating func `repeat`(_ copy: Delivery, at position: Position) {
        count = count.addingSaturated(1)
        lastReceivedAt = copy.imported ? max(lastReceivedAt, copy.receivedAt) : copy.receivedAt
        lastJournal = position
    }
}

extension Record.Repeats? {
    fileprivate mutating func `repeat`(_ copy: Delivery, at position: Position) {
        let time = copy.imported ? self.map { max($0.lastReceivedAt, copy.receivedAt) } : nil
        self = Record.Repeats(
            count: (self?.count ?? 0).addingSaturated(1), lastReceivedAt: time ?? copy.receivedAt,
            lastJournal: position)
    }
}

extension Timestamp {
    /// Whether this is earlier by a millisecond or more: a record's file has no more of the second.
    fileprivate func isBefore(_ other: Timestamp) -> Bool { milliseconds < other.milliseconds }
}
