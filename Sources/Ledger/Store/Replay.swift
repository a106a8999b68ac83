import Journal
import System

/// Applies entries whose records nobody vouches for: a record counts only if it holds what the journal says. Needs the
/// lock.
///
/// Take the entries in order, in pieces of any size, and finish.
struct Replay: ~Copyable {
    /// Records whose earlier entries are not among those that are replayed. They are made anew from the whole journal,
    /// which is read once for all of them.
    private(set) var lost: Set<RecordName> = []
    private var buffer: [UInt8] = []
    /// The records that were looked for last, or taken for missing, and were.
    private var missingInARow = 0
    /// So many missing in a row, and the next are taken for missing too, which spares looking for them.
    private static let missingToTrust = 16

    /// Makes right what these entries are about, but for what is `lost`.
    ///
    /// - Parameter worker: Takes part where there is much to write.
    mutating func take(
        _ piece: ReplayPiece, _ store: borrowing RecordStore, with worker: Worker? = nil
    ) throws(LedgerError) {
        var doubtful = piece.doubtful
        // What was not looked at and turns out to be there is looked at in the second round.
        repeat {
            try look(at: piece.expected, &doubtful, store)
            _ = try piece.expected.write(to: store, with: worker)
        } while !piece.expected.changed.isEmpty
        if !doubtful.isEmpty { try examine(piece.entries.filter { $0.name.map(doubtful.contains) ?? false }, store) }
    }

    /// Leaves changed in `expected` what is not there, and may be written.
    private mutating func look(
        at expected: Materialiser, _ doubtful: inout Set<RecordName>, _ store: borrowing RecordStore
    ) throws(LedgerError) {
        for draft in expected.changed {
            // What is lost is made anew as a whole, later.
            if lost.contains(draft.name) {
                draft.forget()
                continue
            }
            let isLookedAt = draft.isUnchecked || missingInARow < Self.missingToTrust
            draft.isUnchecked = false
            let found =
                isLookedAt ? try store.compare(draft.name, with: draft.encoded() ?? [], through: &buffer) : .missing
            missingInARow = found == .missing ? missingInARow + 1 : 0
            if found == .missing, try store.archived(draft.name) == nil {
                draft.isUnchecked = !isLookedAt
                continue
            }
            draft.forget()
            if found != .same { doubtful.insert(draft.name) }
        }
    }

    /// Makes right what these entries are about, given what lies under the names of their records.
    private mutating func examine(
        _ entries: [InterpretedEntry], _ store: borrowing RecordStore
    ) throws(LedgerError) {
        let materialiser = Materialiser()
        for entry in entries {
            guard let name = entry.name, !lost.contains(name) else { continue }
            if !materialiser.knows(name) {
                switch try base(of: name, for: entry.placed, store) {
                case .none: materialiser.begin(name, with: nil)
                case .record(let record): materialiser.begin(name, with: record)
                case .lost:
                    lost.insert(name)
                    continue
                }
            }
            materialiser.apply(entry)
        }
        _ = try materialiser.write(to: store)
    }

    /// What the first of some entries about a record is to be applied to.
    private enum Base {
        case none
        case record(Record)
        case lost
    }

    private func base(
        of name: RecordName, for placed: PlacedEntry, _ store: borrowing RecordStore
    ) throws(LedgerError) -> Base {
        let found = try store.remains(of: name, inArchiveToo: false)
        if case .record(let record) = found, record.isTrustworthy(from: placed) { return .record(record) }
        guard let archived = try store.archived(name)?.record else { return placed.entry.updates ? .lost : .none }
        // An archived record that has this entry has all before it too. With an older one, the record was live again,
        // and its file is lost.
        if case .missing = found, archived.appliedUpTo.map({ $0 >= placed.position }) ?? false {
            return .record(archived)
        }
        return .lost
    }
}

extension Record {
    /// Whether a record found after a crash can be built on, given the first entry about it since the checkpoint. One
    /// that the entry made must hold that entry; of one that was there before, being whole is enough, as it was synced
    /// before the checkpoint moved past it, and is replaced only as a whole. One that begins after the entry was made
    /// anew when the one that the entry went into had been deleted, and lacks it.
    fileprivate func isTrustworthy(from placed: PlacedEntry) -> Bool {
        guard let beginning else { return false }
        if beginning != placed.position { return beginning < placed.position }
        switch placed.entry.content {
        case .delivery(let delivery): return deliveries.first?.body == delivery.body
        case .expectation: return expected?.journal == placed.position
        }
    }

    /// Whether nothing in this record is older than `position`.
    package func begins(atOrAfter position: Position) -> Bool { beginning.map { $0 >= position } ?? true }

    /// The entry that made this record.
    private var beginning: Position? {
        guard let expected, let first = deliveries.first else { return expected?.journal ?? deliveries.first?.journal }
        return min(expected.journal, first.journal)
    }
}
