import Formats
import Journal
import KHOINS
import System

/// The index as one reader has opened it, once. A class, as whoever only looks has the reader as a constant.
final class KeptIndex {
    /// Bytes of a journal for which an index is worth it.
    fileprivate let minimumLength: Int
    /// Milliseconds for making it.
    fileprivate let patience: Int
    fileprivate var isKnown = false
    fileprivate var index: RecordIndex?
    fileprivate var progress: IndexProgress?

    init(minimumLength: Int, patience: Int) {
        self.minimumLength = minimumLength
        self.patience = patience
    }
}

/// How far an index has come that one reader alone had no time for.
package struct IndexProgress: Equatable, Sendable {
    /// Bytes of the journal, of how many.
    package var done: Int
    package var all: Int
}

extension RecordReader {
    /// Records that are looked at to bring them into order, at most.
    private static let maximumCollected = 5_000

    /// The index of the journal; `nil` where there is none, and making it would take longer than somebody waits. That is
    /// never an error: all can be had without, later.
    ///
    /// - Parameters:
    ///   - isPatient: Makes it, however long that takes.
    ///   - progress: Told how many bytes of the journal of how many are done.
    package func index(
        isPatient: Bool = false, progress: @escaping (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) -> RecordIndex? {
        if kept.isKnown, kept.index != nil || !isPatient { return kept.index }
        let kept = kept
        // By a journal of its own: what cannot be read there is to be named by those who count by the journal alone.
        kept.index = try? RecordIndex.open(
            store, Journal(in: store.directories.root), minimumLength: kept.minimumLength,
            within: isPatient ? nil : kept.patience,
            unfinished: { kept.progress = IndexProgress(done: $0, all: $1) }, progress: progress)
        kept.isKnown = true
        return kept.index
    }

    /// How far the index has come, where there was no time for all of it and the next reader goes on from there; `nil`
    /// where it is done, is not worth it or cannot be kept.
    package var indexProgress: IndexProgress? { index() == nil ? kept.progress : nil }

    /// The records that have a key: the very number, SN, token or member that is looked for, in the order of a listing;
    /// `nil` where there are too many.
    func exactly(
        _ search: RecordSearch, by index: RecordIndex, _ selection: RecordSelection = RecordSelection()
    ) throws(LedgerError) -> [StoredRecord]? {
        guard let key = IndexedKey.hash(search.text),
            let names = try index.names(keys: [key], atMost: Self.maximumCollected, journal)
        else { return nil }
        return try inOrder(names) { search.matches($0) && selection.wants($0) }
    }

    /// The wanted records that have the very TRX ID, number, SN, token or member that is looked for, as the index names
    /// them; `nil` where there are none, or no index.
    package func exactly(_ selection: RecordSelection) throws(LedgerError) -> [StoredRecord]? {
        guard let search = selection.search, let index = index(),
            var found = try exactly(search, by: index, selection)
        else { return nil }
        if let name = RecordName(trxid: search.text), !found.contains(where: { $0.name == name }),
            let stored = try record(name), let record = stored.record, selection.wants(record)
        {
            found.append(stored)
        }
        if !found.isEmpty { try noteDamage(of: index) }
        return found.isEmpty ? nil : found
    }

    /// The wanted records of these, those whose status was set last first.
    private func inOrder(
        _ names: Set<RecordName>, before: Position? = nil, _ isWanted: (Record) -> Bool
    ) throws(LedgerError) -> [StoredRecord] {
        var found: [(place: Position, stored: StoredRecord)] = []
        for name in names {
            guard let stored = try record(name), let record = stored.record else {
                unread.damaged.insert(name.path)
                continue
            }
            let place = record.statusPosition ?? record.appliedUpTo ?? .first
            if isWanted(record), before.map({ place < $0 }) ?? true { found.append((place, stored)) }
        }
        return found.sorted { $0.place > $1.place }.map(\.stored)
    }

    /// Hands over the wanted records where the index names all that can be wanted: those that bear a mark, and those to
    /// one number.
    ///
    /// - Returns: `nil` where it does not; otherwise as `newestFirst`.
    func collectedNewestFirst(
        _ selection: RecordSelection, before: Position?, _ take: (StoredRecord) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Int? {
        guard !selection.marks.isEmpty || selection.destination != nil, let index = index() else { return nil }
        var names: Set<RecordName>?
        if let destination = selection.destination {
            guard let key = IndexedKey.hash(destination) else { return 0 }
            names = try index.names(keys: [key], atMost: Self.maximumCollected, journal)
        } else {
            names = try index.names(
                marks: selection.marks.reduce(0) { $0 | $1.code }, atMost: Self.maximumCollected, journal)
            if !selection.statuses.isEmpty, names != nil {
                let isWhole = try index.places(
                    Set(Callback.Kind.allCases), selection.statuses, before: index.end, since: nil, until: nil, journal
                ) { placed in
                    if let name = placed.entry.content.recordName() { names?.insert(name) }
                    return names?.count ?? 0 <= Self.maximumCollected
                } takeArchived: { name, _ in
                    names?.insert(name)
                    return names?.count ?? 0 <= Self.maximumCollected
                }
                if !isWhole || names?.count ?? 0 > Self.maximumCollected { names = nil }
            }
        }
        guard let names else { return nil }
        try noteDamage(of: index)
        for stored in try inOrder(names, before: before, selection.wants) where try !take(stored) { break }
        return 0
    }
}

extension RecordSelection.Mark {
    fileprivate var code: UInt8 {
        switch self {
        case .damaged: IndexedKind.bearsDamaged
        case .reversed: IndexedKind.bearsReversed
        case .unclear: IndexedKind.bearsUnclear
        }
    }
}

extension Tally {
    /// Adds what all records come to whose status came within a time, by the index.
    ///
    /// - Parameter dimension: What they are counted by: `all` is by day.
    /// - Returns: Whether the index tells that; if not, nothing was added.
    package mutating func add(
        _ index: RecordIndex, _ records: borrowing RecordReader, by dimension: RecordIndex.Dimension,
        since: Timestamp?, until: Timestamp?, zone: Zone
    ) throws(LedgerError) -> Bool {
        guard index.hasSums else { return false }
        guard let hours = RecordIndex.wholeHours((since, until)) else {
            try add(records, since: since, until: until)
            return true
        }
        guard let waiting = index.waiting(since: hours.since),
            let sums = index.sums(dimension, since: hours.since, until: hours.until)
        else { return false }
        for (group, sum) in sums {
            let day = dimension == .all ? LocalTime(Timestamp(hour: group.hour), zone).day : group.label
            add(sum, Key(day: day, kind: group.kind, status: group.status))
        }
        add(answers: index.answers(since: hours.since, until: hours.until))
        unclear += index.marks(since: hours.since, until: hours.until).unclear
        var selection = RecordSelection()
        selection.kind = .transaction
        selection.statuses = [.pending, .unknown]
        selection.since = hours.since
        selection.until = hours.until
        for name in waiting {
            if let record = try records.waiting(name), selection.wants(record) { add(waitingSince: record.knownSince) }
        }
        // Of an hour that is not meant as a whole, each record is looked at.
        if let since, let first = hours.since, since < first { try add(records, since: since, until: first) }
        if let until, let last = hours.until, last < until { try add(records, since: last, until: until) }
        return true
    }

    /// Adds each record whose status came within a time.
    private mutating func add(
        _ records: borrowing RecordReader, since: Timestamp?, until: Timestamp?
    ) throws(LedgerError) {
        var selection = RecordSelection()
        selection.since = since
        selection.until = until
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            if let record = stored.record { add(record) }
            return true
        }
    }
}

extension RecordReader {
    /// A record that may wait; `nil` where there is none that can be read.
    func waiting(_ name: RecordName) throws(LedgerError) -> Record? {
        guard let stored = try record(name) else {
            unread.missing.insert(name.path)
            return nil
        }
        if stored.record == nil { unread.damaged.insert(name.path) }
        return stored.record
    }
}

extension Timestamp {
    /// When an hour begins, of those since 1970.
    init(hour: Int32) { self.init(milliseconds: Int64(hour) * 3_600_000) }
}
