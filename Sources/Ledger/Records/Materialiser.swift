import KHOINSCallback

/// Turns entries into records: folds any number of them in memory, then writes each changed record once.
final class Materialiser {
    private struct State {
        var record: Record?
        var isChanged = false
        /// There was no record before.
        var isNew = false
    }

    private var states: [RecordName: State] = [:]
    /// The changed records, in the order in which they first changed.
    private var changed: [RecordName] = []
    private(set) var rejected: [RejectedDelivery] = []
    /// What `write` has written.
    private(set) var written: [RecordName: (upTo: Position, digest: RecordDigest)] = [:]

    func knows(_ name: RecordName) -> Bool { states[name] != nil }

    /// The records as they are now.
    var records: [RecordName: Record] { states.compactMapValues(\.record) }

    /// The names of the records that were changed, in the order in which they first were.
    var changedNames: [RecordName] { changed }

    /// The record of that name as it is now; `nil` if there is none.
    func record(_ name: RecordName) -> Record? { states[name]?.record }

    /// Whether there is a record of that name, so far.
    func hasRecord(_ name: RecordName) -> Bool { states[name]?.record != nil }

    /// Gives the record that entries are to be applied to. With `isRebuilt`, it is written even if nothing changes it.
    func begin(_ name: RecordName, with record: Record?, isRebuilt: Bool = false) {
        states[name] = State(record: record, isChanged: isRebuilt, isNew: record == nil)
        if isRebuilt { changed.append(name) }
    }

    /// Takes a record out, whatever was applied to it.
    func forget(_ name: RecordName) { states[name] = nil }

    /// Applies an entry that was read to its record, which `begin` has given.
    @discardableResult
    func apply(_ entry: ReadEntry) -> Outcome {
        apply(entry.placed.entry.content, reading: entry.reading, at: entry.placed.position)
    }

    /// Applies an entry to its record, which `begin` has given.
    func apply(_ content: JournalEntry.Content, reading: Reading?, at position: Position) -> Outcome {
        switch content {
        case .abandonment:
            return .filed(trxid: nil, memberid: nil, change: .none)
        case .expectation(let expectation):
            guard let name = RecordName(trxid: expectation.trxid) else { return .rejected(.nameTooLong) }
            let change = update(name) { Record.applying(expectation, at: position, to: $0) }
            return .filed(trxid: expectation.trxid, memberid: nil, change: change)
        case .delivery(let delivery):
            switch reading ?? Reading(delivery) {
            case .rejected(let rejection):
                rejected.append(RejectedDelivery(delivery: delivery, rejection: rejection, position: position))
                return .rejected(rejection)
            case .callback(let callback, let name):
                let change = update(name) {
                    Record.applying(delivery, reading: callback, at: position, to: $0)
                }
                return .filed(trxid: callback.trxid, memberid: callback.memberid, change: change)
            }
        }
    }

    private func update(_ name: RecordName, _ fold: (Record?) -> (record: Record, change: Change)) -> Change {
        let folded = fold(states[name]?.record)
        if folded.change != .none {
            states[name, default: State()].record = folded.record
            if states[name]?.isChanged == false {
                states[name]?.isChanged = true
                changed.append(name)
            }
        }
        return folded.change
    }

    /// Writes every changed record and every rejected delivery.
    ///
    /// - Returns: The records that something lies in the way of; all others are written.
    func write(to store: borrowing RecordStore) throws(LedgerError) -> [RecordName: LedgerError] {
        var failures: [RecordName: LedgerError] = [:]
        for name in changed {
            guard let state = states[name], let record = state.record else { continue }
            do throws(LedgerError) {
                let digest = try store.write(record, name, isNew: state.isNew)
                if let position = record.appliedUpTo { written[name] = (position, digest) }
            } catch {
                guard error.concernsOneRecord else { throw error }
                failures[name] = error
            }
        }
        for delivery in rejected { try store.write(delivery) }
        return failures
    }
}

extension JournalEntry.Content {
    /// The record that this is about; `nil` for what is about none.
    func recordName(reading: Reading? = nil) -> RecordName? {
        switch self {
        case .abandonment: return nil
        case .expectation(let expectation): return RecordName(trxid: expectation.trxid)
        case .delivery(let delivery):
            if case .callback(_, let name) = reading ?? Reading(delivery) { return name }
            return nil
        }
    }
}
