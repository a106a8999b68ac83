import Journal
import System

/// One record as it is being made. A class, as a record is much to copy.
final class RecordDraft {
    let name: RecordName
    private(set) var record: Record?
    /// Whether there is a record, and the newest entry that it has taken in; asked for alone, it need not be copied.
    private(set) var hasRecord = false
    private(set) var appliedUpTo: Position?
    /// The record before; `nil` if there was none.
    let base: Record?
    /// The record's bytes, once they were asked for.
    private var json: [UInt8]?
    var isChanged = false
    /// An entry for it is on its way into the journal.
    var isAwaited = false
    /// Nobody has looked whether there is something of that name. If there is, `Materialiser.write` leaves it, and this
    /// one changed.
    var isUnchecked = false
    private var prepared: PreparedRecord?
    /// Of what was written.
    private(set) var digest: RecordDigest?

    init(_ name: RecordName, _ record: Record?) {
        self.name = name
        self.record = record
        base = record
        note()
    }

    /// Changes the record.
    ///
    /// - Returns: What `change` does.
    func fold(_ change: (inout Record?) -> Change) -> Change {
        let result = change(&record)
        if result != .none {
            json = nil
            note()
        }
        return result
    }

    private func note() {
        hasRecord = record != nil
        appliedUpTo = record?.appliedUpTo
    }

    private var isNew: Bool { base == nil }

    /// The record's bytes; `nil` if there is none.
    func encoded() -> [UInt8]? {
        if json == nil { json = record?.json }
        return json
    }

    /// Leaves the record as it is on the disk.
    func forget() {
        record = nil
        json = nil
        note()
    }

    /// Makes the file of a new record, to which `write` gives its name.
    func prepare(for store: borrowing RecordStore) {
        guard isNew, prepared == nil, let bytes = encoded() else { return }
        prepared = store.prepare(bytes, name)
    }

    /// Puts the record in its place.
    ///
    /// - Returns: Whether it did; if not, it is unchecked, and there may be something of that name.
    func write(to store: borrowing RecordStore) throws(LedgerError) -> Bool {
        guard let bytes = encoded() else { preconditionFailure("a draft that is written has a record") }
        let prepared = prepared
        self.prepared = nil
        if !isUnchecked {
            digest = try store.write(bytes, name, prepared: prepared)
            return true
        }
        guard let prepared, try store.add(prepared, name) else { return false }
        digest = prepared.digest
        return true
    }
}
