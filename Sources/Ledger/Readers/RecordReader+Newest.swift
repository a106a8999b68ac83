import Formats
import Journal
import KHOINS
import System

/// Which records are wanted.
package struct RecordSelection: Sendable {
    package var kind: Callback.Kind?
    /// What a record can be beside its status.
    package enum Mark: String, CaseIterable, Sendable {
        case damaged
        case reversed
        case unclear

        fileprivate func isOn(_ record: Record) -> Bool {
            switch self {
            case .damaged: record.callback.damaged
            case .reversed: record.reversed
            case .unclear: record.unclear
            }
        }
    }

    /// Any of these statuses, or any of these marks; none given, any record.
    package var statuses: Set<Status> = []
    package var marks: Set<Mark> = []
    /// The status was set at this time or later.
    package var since: Timestamp?
    /// The status was set before this time.
    package var until: Timestamp?
    /// First heard of at this time or earlier.
    package var knownBefore: Timestamp?
    /// Of this product, in any case.
    package var product: String?
    /// To this number; digits are compared alone, as a number is written with spaces and dashes, and without.
    package var destination: String?
    package var search: RecordSearch?

    package init() {}

    package func wants(_ record: Record) -> Bool {
        if let kind, record.callback.kind != kind { return false }
        if !isAny, !statuses.contains(record.status), !marks.contains(where: { $0.isOn(record) }) { return false }
        if let since, record.receivedAt < since { return false }
        if let until, record.receivedAt >= until { return false }
        if let knownBefore, record.knownSince > knownBefore { return false }
        if let product, record.callback.product?.lowercased() != product.lowercased() { return false }
        if let destination {
            guard let own = record.callback.destination else { return false }
            if own.lettersAndDigits != destination.lettersAndDigits { return false }
        }
        if let search, !search.matches(record) { return false }
        return true
    }

    /// Whether it may leave out so many that looking at all of them is slow.
    fileprivate var isFilter: Bool { marks.isEmpty && (!statuses.isEmpty || kind == .topup || until != nil) }

    private var isAny: Bool { statuses.isEmpty && marks.isEmpty }

    /// Whether a record of this status can be wanted; its marks are not known.
    private func canWant(_ status: Status) -> Bool { !marks.isEmpty || statuses.isEmpty || statuses.contains(status) }

    /// Whether an entry came too early or too late to have given a wanted record its status; decided without reading its
    /// body.
    fileprivate func isOutside(_ entry: JournalEntry) -> Bool {
        // A record's times have milliseconds, an entry's have microseconds.
        if let since, entry.content.time.microseconds + 999 < since.microseconds { return true }
        return until.map { entry.content.time.inMilliseconds >= $0 } ?? false
    }

    /// Whether an entry can be the one that gave a wanted record its status; decided without opening the record.
    fileprivate func canWant(_ entry: JournalEntry, _ interpretation: Interpretation?) -> Bool {
        switch (entry.content, interpretation) {
        case (.delivery, .none), (.delivery, .some(.rejected)): return false
        case (.expectation, _):
            return kind ?? .transaction == .transaction && canWant(.pending)
        case (.delivery, .some(.callback(let callback, _))):
            return kind ?? callback.kind == callback.kind && canWant(callback.status)
        }
    }
}

extension Record {
    /// Whether an entry can be the one that set the status, as far as its time and its own status tell.
    fileprivate func canHaveStatus(from entry: JournalEntry, _ interpretation: Interpretation?) -> Bool {
        guard case .callback(let callback, _) = interpretation else { return false }
        // A record's times have milliseconds, an entry's have microseconds.
        return callback.status == status && entry.content.time.microseconds / 1000 == receivedAt.microseconds / 1000
    }
}

extension RecordReader {
    /// Hands over the wanted records, those whose status was set last first, until `take` answers `false`.
    ///
    /// Reads the journal from its end, and of the record files only those it has to: a few newest ones take no longer
    /// in a directory of a million.
    ///
    /// - Parameters:
    ///   - before: Leaves out the records that have their place at this position or behind it; a page of a list begins
    ///     where the one before it ended, whatever has come since.
    ///   - progress: Told how much of the journal was read, in bytes.
    /// - Returns: How many records the journal speaks of that are missing or damaged.
    @discardableResult
    package func newestFirst(
        _ selection: RecordSelection, before: Position? = nil,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in },
        _ take: (StoredRecord) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Int {
        let state = try journal.state()
        guard let newest = state.end else {
            return try newestFirstWithoutJournal(selection, progress: progress, take)
        }
        let end = before.map { min($0, newest) } ?? newest
        if let count = try collectedNewestFirst(selection, before: before, take) { return count }
        var strays = Strays(before)
        var unreadable: Set<RecordName> = []
        // Those that could come up a second time.
        var taken: Set<RecordName> = []
        func visit(_ placed: PlacedEntry) throws(LedgerError) -> Bool {
            let (entry, position) = (placed.entry, placed.position)
            if selection.isOutside(entry) { return true }
            let interpretation = entry.interpretation
            guard selection.canWant(entry, interpretation),
                let name = entry.content.recordName(interpretation: interpretation)
            else { return true }
            let found = try self.record(name)
            guard let stored = found, let record = stored.record else {
                unreadable.insert(name)
                if found == nil { unread.missing.insert(name.path) } else { unread.damaged.insert(name.path) }
                return true
            }
            guard selection.wants(record) else { return true }
            if let place = record.statusPosition {
                // One that changed meanwhile is no longer where it was.
                guard place == position || before == nil && place >= end && taken.insert(name).inserted else {
                    return true
                }
            } else {
                guard record.canHaveStatus(from: entry, interpretation), taken.insert(name).inserted else {
                    return true
                }
            }
            return try take(stored)
        }
        var isEnough = false
        /// Hands over the records that stand where the journal is damaged, down to the place of its next whole entry.
        func takeStrays(downTo next: Position?) throws(LedgerError) {
            let names = try strays.names(downTo: next) { () throws(LedgerError) in
                var all: [RecordName] = []
                for folder in RecordName.Folder.allCases { all += try self.names(in: folder) }
                return all
            } place: { (name) throws(LedgerError) in
                try self.record(name)?.record?.statusPosition
            }
            for name in names where !isEnough {
                guard let stored = try self.record(name), let record = stored.record, selection.wants(record),
                    taken.insert(name).inserted
                else { continue }
                isEnough = try !take(stored)
            }
        }
        var rest = end
        if let index = try index(for: selection) {
            let isWhole = try index.places(
                selection.kind.map { [$0] } ?? Set(Callback.Kind.allCases),
                selection.statuses.isEmpty ? Set(Status.allCases) : selection.statuses, before: end,
                since: selection.since, until: selection.until, journal
            ) { (placed) throws(LedgerError) in
                rest = placed.position
                isEnough = try !visit(placed)
                return !isEnough
            } takeArchived: { (name, place) throws(LedgerError) in
                guard let stored = try self.record(name), let record = stored.record else {
                    unreadable.insert(name)
                    unread.damaged.insert(name.path)
                    return true
                }
                // One that has become live and changed has its place elsewhere.
                guard selection.wants(record), record.statusPosition.map({ $0 == place }) ?? true,
                    taken.insert(name).inserted
                else { return true }
                isEnough = try !take(stored)
                return !isEnough
            }
            if isWhole || isEnough {
                if try noteDamage(of: index, from: isEnough ? rest : .first), !isEnough {
                    strays.isNeeded = true
                    try takeStrays(downTo: nil)
                }
                return unreadable.count
            }
        }
        try journal.readBackwards(from: rest, writtenSince: selection.since, progress: progress) {
            (chunk) throws(LedgerError) in
            let (entries, damage) = chunk.parsed()
            // What a dead writer left behind the last entry was never acknowledged.
            let mayBeTail = state.acknowledged == nil && !strays.hasBegun
            if note(damage.filter { !mayBeTail || $0.entriesBefore < entries.count }) { strays.isNeeded = true }
            for placed in entries.reversed() {
                try takeStrays(downTo: placed.position)
                if !isEnough { isEnough = try !visit(placed) }
                if isEnough { return false }
            }
            return true
        }
        if !isEnough { try takeStrays(downTo: nil) }
        if !isEnough { try archivedNewestFirst(selection, before: before, except: taken, take) }
        return unreadable.count
    }

    /// The index, where it helps to find what is wanted; without an archive the newest ones are found without it.
    private func index(for selection: RecordSelection) throws(LedgerError) -> RecordIndex? {
        if selection.isFilter { return index() }
        guard try !archive.months().isEmpty, let index = index(), index.tellsOfArchive, selection.marks.isEmpty else {
            return nil
        }
        return index
    }

    /// The same where there is no journal, as in a backup that left it out: reads all record files first.
    private func newestFirstWithoutJournal(
        _ selection: RecordSelection, progress: (_ done: Int, _ all: Int) -> Void,
        _ take: (StoredRecord) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Int {
        var names: [RecordName] = []
        for folder in RecordName.Folder.allCases { names += try self.names(in: folder) }
        var unreadable = 0
        var wanted: [(name: RecordName, receivedAt: Timestamp)] = []
        for (index, name) in names.enumerated() {
            if let record = try record(name)?.record {
                if selection.wants(record) { wanted.append((name, record.receivedAt)) }
            } else {
                unreadable += 1
                unread.damaged.insert(name.path)
            }
            progress(index + 1, names.count)
        }
        for (name, _) in wanted.sorted(by: { ($0.receivedAt, $0.name.file) > ($1.receivedAt, $1.name.file) }) {
            if let stored = try record(name), try !take(stored) { return unreadable }
        }
        try archivedNewestFirst(selection, except: Set(wanted.map(\.name)), take)
        return unreadable
    }

    /// The same for records that were archived and whose status the journal no longer speaks of, even if a late callback
    /// has made them live again. Reads a month's file twice, so that it need not hold the month's records.
    private func archivedNewestFirst(
        _ selection: RecordSelection, before: Position? = nil, except taken: Set<RecordName>,
        _ take: (StoredRecord) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let months = try archive.months()
        let held = months.isEmpty ? [] : try journal.stretches().map(\.positions)
        let oldest = selection.since.map { ArchiveMonth($0) }
        for month in months.reversed() where oldest.map({ $0 <= month }) ?? true {
            var wanted: [(name: RecordName, receivedAt: Timestamp)] = []
            try archive.records(of: month, revivedToo: true) { (name, record) in
                let isListed =
                    taken.contains(name)
                    || record.statusPosition.map { position in held.contains { $0.contains(position) } } ?? false
                let isBefore = before.map { before in record.statusPosition.map { $0 < before } ?? true } ?? true
                if !isListed, isBefore, selection.wants(record) { wanted.append((name, record.receivedAt)) }
                return true
            }
            for (name, _) in wanted.sorted(by: { $0.receivedAt > $1.receivedAt }) {
                if let stored = try record(name), try !take(stored) { return }
            }
        }
    }
}
