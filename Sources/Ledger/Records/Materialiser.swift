import KHOINSCallback
import Synchronization

/// Turns entries into records: folds any number of them in memory, then writes each changed record once.
final class Materialiser {
    /// One record as it is now. A class, as a record is much to copy.
    final class State {
        let name: RecordName
        fileprivate(set) var record: Record? { didSet { json = nil } }
        /// The record's bytes, once they were asked for.
        private var json: [UInt8]?
        fileprivate var isChanged = false
        /// There was no record before.
        private let isNew: Bool
        /// Nobody has looked whether there is something of that name. If there is, `write` leaves it, and this one changed.
        var isUnchecked = false
        fileprivate var prepared: PreparedRecord?
        /// Of what was written.
        fileprivate var digest: RecordDigest?

        fileprivate init(_ name: RecordName, _ record: Record?) {
            self.name = name
            self.record = record
            isNew = record == nil
        }

        func encoded() -> [UInt8]? {
            if json == nil { json = record?.json }
            return json
        }

        /// Leaves the record as it is on the disk.
        func forget() { record = nil }

        fileprivate func prepare(for store: borrowing RecordStore) {
            guard isNew, prepared == nil, let bytes = encoded() else { return }
            prepared = store.prepare(bytes, name)
        }
    }

    /// The making of some records' files, by a thread of its own and by the one that waits for it.
    private final class Preparation: @unchecked Sendable {
        // Each state is touched by the thread that claimed it, and by nobody else before `finish`.

        let states: ArraySlice<State>
        private let store: UnsafePointer<RecordStore>
        private let claimed = Atomic(0)
        private var helper: Background<Void>?

        init(_ states: ArraySlice<State>, for store: UnsafePointer<RecordStore>) {
            self.states = states
            self.store = store
            helper = Background { self.work() }
        }

        /// Does what the thread has not begun with, and waits for the rest.
        func finish() {
            work()
            helper?.value()
            helper = nil
        }

        private func work() {
            while true {
                let index = states.startIndex + claimed.add(1, ordering: .relaxed).oldValue
                guard index < states.endIndex else { return }
                states[index].prepare(for: store.pointee)
            }
        }
    }

    /// Records that are prepared at a time; each takes a descriptor.
    private static let maximumPrepared = 128

    private var states: [RecordName: State] = [:]
    /// The records that were changed and not written since, in the order in which they first changed.
    private(set) var changed: [State] = []
    private(set) var rejected: [RejectedDelivery] = []

    /// What `write` has written.
    var written: [RecordName: (upTo: Position, digest: RecordDigest)] {
        states.compactMapValues { state in
            guard let position = state.record?.appliedUpTo, let digest = state.digest else { return nil }
            return (position, digest)
        }
    }

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

    /// Whether there is a record of that name, so far.
    func hasRecord(_ name: RecordName) -> Bool { states[name]?.record != nil }

    /// Gives the record that entries are to be applied to. With `isRebuilt`, it is written even if nothing changes it.
    func begin(_ name: RecordName, with record: Record?, isRebuilt: Bool = false) {
        let state = State(name, record)
        states[name] = state
        if isRebuilt { change(state) }
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

    /// Makes the bytes of all changed records, which `write` needs.
    func encode() {
        for state in changed { _ = state.encoded() }
    }

    /// Makes the files of new records, to which `write` gives their names. Nothing must be applied in between.
    func prepare(for store: borrowing RecordStore) {
        for state in changed.prefix(Self.maximumPrepared) { state.prepare(for: store) }
    }

    /// Writes every changed record and every rejected delivery.
    ///
    /// - Parameter writeback: Gets the files of new records, which are closed here otherwise.
    /// - Returns: The records that something lies in the way of; all others are written, but for unchecked ones whose name
    ///   is taken.
    func write(
        to store: borrowing RecordStore, _ writeback: Writeback? = nil
    ) throws(LedgerError) -> [RecordName: LedgerError] {
        var failures: [RecordName: LedgerError] = [:]
        let states = changed.filter { $0.record != nil }
        changed = []
        if states.count <= Self.maximumPrepared {
            for state in states { state.prepare(for: store) }
            try write(states[...], to: store, writeback, &failures)
        } else {
            try writeMany(states, to: store, writeback, &failures)
        }
        for delivery in rejected { try store.write(delivery) }
        return failures
    }

    /// Of many, as after a restart of the machine, another thread makes files while this one gives others their names,
    /// which the kernel does for one at a time.
    private func writeMany(
        _ states: [State], to store: borrowing RecordStore, _ writeback: Writeback?,
        _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        try withUnsafePointer(to: store) { (pointer) throws(LedgerError) in
            var rest = states[...]
            func prepareNext() -> Preparation {
                let preparation = Preparation(rest.prefix(Self.maximumPrepared / 2), for: pointer)
                rest = rest.dropFirst(preparation.states.count)
                return preparation
            }
            var next = prepareNext()
            defer { next.finish() }
            while !next.states.isEmpty {
                let current = next
                current.finish()
                next = prepareNext()
                try write(current.states, to: store, writeback, &failures)
            }
        }
    }

    private func write(
        _ states: ArraySlice<State>, to store: borrowing RecordStore, _ writeback: Writeback?,
        _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        let files = states.compactMap(\.prepared)
        for state in states { try write(state, to: store, &failures) }
        writeback?.take(files)
    }

    private func write(
        _ state: State, to store: borrowing RecordStore, _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        guard let bytes = state.encoded() else { return }
        let prepared = state.prepared
        state.prepared = nil
        do throws(LedgerError) {
            if !state.isUnchecked {
                state.digest = try store.write(bytes, state.name, prepared: prepared)
            } else if let prepared, try store.add(prepared, state.name) {
                state.digest = prepared.digest
            } else {
                changed.append(state)
            }
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
