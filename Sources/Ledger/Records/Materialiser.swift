import KHOINSCallback

/// Turns entries into records: folds any number of them in memory, then writes each changed record once.
final class Materialiser {
    /// One record as it is now. A class, as a record is much to copy.
    private final class State {
        let name: RecordName
        var record: Record?
        var isChanged = false
        /// There was no record before.
        let isNew: Bool
        var prepared: PreparedRecord?

        init(_ name: RecordName, _ record: Record?) {
            self.name = name
            self.record = record
            isNew = record == nil
        }
    }

    /// Some records, to be prepared by one thread.
    private struct Share: @unchecked Sendable {
        // Its states are in no other share, and the store outlives the thread.

        let states: ArraySlice<State>
        let store: UnsafePointer<RecordStore>

        func prepare() {
            for state in states where state.isNew && state.prepared == nil {
                if let record = state.record { state.prepared = store.pointee.prepare(record, state.name) }
            }
        }
    }

    /// Records that are prepared at a time; each takes a descriptor.
    private static let maximumPrepared = 128
    /// Records that are worth a thread.
    private static let minimumShare = 32

    private var states: [RecordName: State] = [:]
    /// The changed records, in the order in which they first changed.
    private var changed: [State] = []
    private(set) var rejected: [RejectedDelivery] = []
    /// What `write` has written.
    private(set) var written: [RecordName: (upTo: Position, digest: RecordDigest)] = [:]

    func knows(_ name: RecordName) -> Bool { states[name] != nil }

    /// The records as they are now.
    var records: [RecordName: Record] { states.compactMapValues(\.record) }

    /// The newest entry that any of the records has taken in.
    var appliedUpTo: Position? {
        var newest: Position?
        for state in states.values {
            if let position = state.record?.appliedUpTo { newest = max(newest ?? position, position) }
        }
        return newest
    }

    /// The names of the records that were changed, in the order in which they first were.
    var changedNames: [RecordName] { changed.map(\.name) }

    /// The record of that name as it is now; `nil` if there is none.
    func record(_ name: RecordName) -> Record? { states[name]?.record }

    /// Whether there is a record of that name, so far.
    func hasRecord(_ name: RecordName) -> Bool { states[name]?.record != nil }

    /// Gives the record that entries are to be applied to. With `isRebuilt`, it is written even if nothing changes it.
    func begin(_ name: RecordName, with record: Record?, isRebuilt: Bool = false) {
        let state = State(name, record)
        states[name] = state
        if isRebuilt { change(state) }
    }

    /// Takes a record out, whatever was applied to it.
    func forget(_ name: RecordName) {
        states.removeValue(forKey: name)?.record = nil
    }

    private func change(_ state: State) {
        if state.isChanged { return }
        state.isChanged = true
        changed.append(state)
    }

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
        let state = states[name] ?? State(name, nil)
        let folded = fold(state.record)
        if folded.change != .none {
            state.record = folded.record
            states[name] = state
            change(state)
        }
        return folded.change
    }

    /// Makes the files of new records, to which `write` gives their names. Nothing must be applied in between.
    func prepare(for store: borrowing RecordStore) {
        prepare(changed.prefix(Self.maximumPrepared), for: store)
    }

    /// Of many, as after a restart of the machine, another thread prepares half. What it makes nobody can see.
    private func prepare(_ states: ArraySlice<State>, for store: borrowing RecordStore, shared: Bool = false) {
        let isShared = shared && states.count >= 2 * Self.minimumShare
        let cut = states.startIndex + (isShared ? states.count / 2 : 0)
        withUnsafePointer(to: store) { store in
            let others = Share(states: states[..<cut], store: store)
            let own = Share(states: states[cut...], store: store)
            if others.states.isEmpty {
                own.prepare()
            } else {
                let helper = Background { others.prepare() }
                own.prepare()
                helper.value()
            }
        }
    }

    /// Writes every changed record and every rejected delivery.
    ///
    /// - Parameter writeback: Gets the files of new records, which are closed here otherwise.
    /// - Returns: The records that something lies in the way of; all others are written.
    func write(
        to store: borrowing RecordStore, _ writeback: Writeback? = nil
    ) throws(LedgerError) -> [RecordName: LedgerError] {
        var failures: [RecordName: LedgerError] = [:]
        var rest = changed[...]
        while !rest.isEmpty {
            let states = rest.prefix(Self.maximumPrepared)
            rest = rest.dropFirst(states.count)
            prepare(states, for: store, shared: true)
            let files = states.compactMap(\.prepared)
            for state in states { try write(state, to: store, &failures) }
            writeback?.take(files)
        }
        for delivery in rejected { try store.write(delivery) }
        return failures
    }

    private func write(
        _ state: State, to store: borrowing RecordStore, _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        guard let record = state.record else { return }
        do throws(LedgerError) {
            let prepared = state.prepared
            state.prepared = nil
            let digest = try store.write(record, state.name, prepared: prepared)
            if let position = record.appliedUpTo { written[state.name] = (position, digest) }
        } catch {
            guard error.concernsOneRecord else { throw error }
            failures[state.name] = error
        }
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
