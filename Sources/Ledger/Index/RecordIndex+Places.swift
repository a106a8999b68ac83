import Formats
import Journal
import KHOINS
import System

extension RecordIndex {
    /// Hands over the entries before `end` that are where records of these kinds and statuses may stand, the newest first,
    /// until `take` answers `false`; and in the same order records that stood where the journal has none any more.
    ///
    /// - Parameters:
    ///   - since: Leaves out segments of which nothing came so late; `until` the same.
    ///   - takeArchived: Told where the record stood, too.
    /// - Returns: `false` where that cannot be told, since something was damaged.
    func places(
        _ kinds: Set<Callback.Kind>, _ statuses: Set<Status>, before end: Position, since: Timestamp?,
        until: Timestamp?, _ journal: Journal, _ take: (PlacedEntry) throws(LedgerError) -> Bool,
        takeArchived: (RecordName, Position) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Bool {
        var wanted = [Bool](repeating: false, count: 16)
        for kind in kinds { for status in statuses { wanted[Int(IndexedKind.code(kind, status))] = true } }
        let lookup = JournalLookup(journal)
        var walk: ArchivedWalk?
        if let archived {
            walk = try ArchivedWalk(archived, wanted, before: end, since: since, until: until)
            if walk?.isBroken ?? false { return false }
        }
        var isEnough = false
        func takeNewer(than position: Position) throws(LedgerError) -> Bool {
            while !isEnough, let place = walk?.place, place > position {
                guard let name = try walk?.next() else { return false }
                isEnough = try !takeArchived(name, place)
            }
            return walk.map { !$0.isBroken } ?? true
        }
        for (index, file) in files.enumerated().reversed() {
            let content = file.content
            guard content.first < end,
                content.placeCounts.indices.contains(where: { wanted[$0] && content.placeCounts[$0] > 0 }),
                since.map({ content.latest >= $0.milliseconds }) ?? true,
                until.map({ content.earliest <= $0.milliseconds }) ?? true
            else { continue }
            guard let codes = try codes(index) else { return false }
            for ordinal in codes.indices.reversed() {
                let code = codes[ordinal]
                guard code & IndexedKind.place != 0, wanted[Int(code & IndexedKind.mask)],
                    let position = content.position(ofOrdinal: ordinal), position < end
                else { continue }
                if walk != nil {
                    guard try takeNewer(than: position) else { return false }
                    if isEnough { return true }
                }
                guard let placed = try lookup.entry(at: position, in: segments[index], before: content.end) else {
                    return false
                }
                if try !take(placed) { return true }
            }
        }
        return try takeNewer(than: Position(0))
    }

    private func codes(_ index: Int) throws(LedgerError) -> [UInt8]? {
        guard let codes = try files[index].codes() else {
            maker.drop(index)
            return nil
        }
        return codes
    }

    /// The records that entries are about which have one of these keys, or bear one of these marks; at most so many
    /// entries.
    ///
    /// - Returns: `nil` where there are more, or something is damaged.
    func names(
        keys: [UInt64] = [], marks: UInt8 = 0, atMost maximum: Int, _ journal: Journal
    ) throws(LedgerError) -> Set<RecordName>? {
        let lookup = JournalLookup(journal)
        var names: Set<RecordName> = []
        var count = 0
        for (index, file) in files.enumerated().reversed() {
            var ordinals: Set<Int> = []
            for key in keys {
                guard let found = try file.ordinals(key) else {
                    maker.drop(index)
                    return nil
                }
                ordinals.formUnion(found)
            }
            if marks != 0, file.content.markCounts.contains(where: { $0 > 0 }) {
                guard let codes = try codes(index) else { return nil }
                for (ordinal, code) in codes.enumerated() where code & marks != 0 { ordinals.insert(ordinal) }
            }
            count += ordinals.count
            if count > maximum { return nil }
            for ordinal in ordinals.sorted(by: >) {
                guard let position = file.content.position(ofOrdinal: ordinal) else { return nil }
                let placed = try lookup.entry(at: position, in: segments[index], before: file.content.end)
                guard let placed else { return nil }
                if let name = placed.entry.content.recordName() { names.insert(name) }
            }
        }
        for month in months {
            guard let rows = try rows(of: month, keys, marks) else {
                month.drop()
                return nil
            }
            count += rows.count
            if count > maximum { return nil }
            for row in rows {
                guard let name = try archived?.name(row, of: month) else { return nil }
                names.insert(name)
            }
        }
        return names
    }

    /// The lines of a month that have one of these keys, or bear one of these marks; `nil` where something is damaged.
    private func rows(
        of month: ArchivedMonth, _ keys: [UInt64], _ marks: UInt8
    ) throws(LedgerError) -> [ArchivedMonth.Row]? {
        var ordinals: Set<Int> = []
        for key in keys {
            guard let found = try month.ordinals(key) else { return nil }
            ordinals.formUnion(found)
        }
        if marks != 0, month.head.markCounts.contains(where: { $0 > 0 }) {
            guard let codes = try month.codes() else { return nil }
            for (ordinal, code) in codes.enumerated() where code & marks != 0 { ordinals.insert(ordinal) }
        }
        var rows: [ArchivedMonth.Row] = []
        for ordinal in ordinals.sorted(by: >) {
            guard let row = try month.row(ordinal) else { return nil }
            rows.append(row)
        }
        return rows
    }
}
