import Formats
import Journal
import KHOINS
import System

/// Sums, places and keys of all entries of the journal up to a moment: what overviews, filters and searches need without
/// reading it.
package final class RecordIndex {
    /// Bytes of a journal that is read as quickly as all this is looked up.
    package static let worthwhileLength = 1 << 20
    /// Milliseconds that somebody who waits can spare.
    static let patience = 300

    /// No entry has this number or a greater one.
    package let end: Position
    let segments: [JournalSegment]
    private let files: [IndexFile]
    private let maker: IndexMaker

    private init(_ files: [IndexFile], _ maker: IndexMaker) {
        self.files = files
        self.maker = maker
        segments = maker.segments
        end = maker.end
    }

    /// Opens what is kept, and makes what is missing.
    ///
    /// - Parameters:
    ///   - minimumLength: Bytes of a journal for which that is worth it.
    ///   - milliseconds: The time for making; `nil` for all that it takes.
    /// - Returns: `nil` where it is not worth it, could not be finished in time, or would not tell of all records.
    package static func open(
        _ store: borrowing RecordStore, _ journal: Journal, minimumLength: Int = worthwhileLength,
        within milliseconds: Int?,
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws(LedgerError) -> RecordIndex? {
        let segments = try journal.segments()
        guard segments.reduce(0, { $0 + $1.length }) >= minimumLength,
            segments.first?.first == .first, let end = try journal.state().end
        else { return nil }
        var maker = try IndexMaker(
            store, journal, segments, before: end, within: milliseconds, progress: progress)
        guard let files = try maker.files(store) else { return nil }
        // Of what was dropped, the archive tells.
        for (file, next) in zip(files, segments.dropFirst()) where file.content.end != next.first { return nil }
        return RecordIndex(files, maker)
    }

    /// Makes what is missing, for those who come later.
    ///
    /// - Returns: `false` if there was no time for all of it. What can never be made counts as made: it is never an error.
    package static func make(path: String, within milliseconds: Int? = nil) -> Bool {
        do throws(LedgerError) {
            let store = try RecordStore(lookingAt: path)
            let journal = try Journal(in: store.directories.root)
            let segments = try journal.segments()
            guard segments.reduce(0, { $0 + $1.length }) >= worthwhileLength, let end = try journal.state().end else {
                return true
            }
            if IndexDirectory.making(in: store) == nil { return true }
            var maker = try IndexMaker(store, journal, segments, before: end, within: milliseconds, mayReadAll: true)
            maker.tidy()
            return try maker.files(store) != nil || !maker.isLate || maker.hasFailed
        } catch {
            return true
        }
    }

    // MARK: Sums

    /// Whether the sums are those of all records.
    package private(set) lazy var hasSums: Bool = {
        var magnitude = 0
        for file in files {
            if file.content.isDoubtful { return false }
            magnitude = magnitude.addingSaturated(file.content.magnitude)
        }
        return magnitude < .max
    }()

    /// When what is about a record arrived last.
    package var newest: Timestamp? {
        files.map(\.content.newest).max().flatMap { $0 == .min ? nil : Timestamp(milliseconds: $0) }
    }

    /// What the newest delivery said that told a balance.
    package var balance: (rupiah: Int, at: Timestamp)? {
        guard let newest = files.map(\.content).max(by: { $0.balanceAt <= $1.balanceAt }), newest.balanceAt > .min
        else { return nil }
        return (newest.balance, Timestamp(milliseconds: newest.balanceAt))
    }

    /// What is counted together.
    package struct Group: Hashable, Sendable {
        package var hour: Int32
        package var kind: Callback.Kind
        package var status: Status
        /// A product or a reason; empty otherwise.
        package var label: String

        package var isUnknown: Bool { kind == .transaction && status == .unknown }
    }

    package enum Dimension: Sendable {
        case all
        case product
        /// Not of what succeeded, which has `-`.
        case reason
    }

    package typealias Sum = (count: Int, rupiah: Int)

    /// Whether a range of time begins and ends with hours.
    package static func isOfHours(_ range: (since: Timestamp?, until: Timestamp?)) -> Bool {
        [range.since, range.until].allSatisfy { $0.map { $0.microseconds % 3_600_000_000 == 0 } ?? true }
    }

    private static func hours(_ range: (since: Timestamp?, until: Timestamp?)) -> Range<Int32> {
        func hour(_ time: Timestamp?) -> Int32? {
            time.map { Int32(clamping: $0.microseconds.floorDivided(by: 3_600_000_000)) }
        }
        let first = hour(range.since) ?? .min
        return first..<max(first, hour(range.until) ?? .max)
    }

    /// Counts and Rupiah of the records whose status came within some hours.
    ///
    /// - Returns: `nil` where labels were left out.
    package func sums(
        _ dimension: Dimension = .all, since: Timestamp? = nil, until: Timestamp? = nil
    ) -> [Group: Sum]? {
        let wanted: SumKey.Dimension =
            switch dimension {
            case .all: .all
            case .product: .product
            case .reason: .reason
            }
        let hours = Self.hours((since, until))
        var sums: [Group: Sum] = [:]
        for content in files.map(\.content) {
            for (key, sum) in content.sums {
                let what = Int(key.group & 15)
                guard key.dimension == wanted.rawValue, hours.contains(key.hour), what < IndexedKind.statuses.count
                else { continue }
                var label = ""
                if wanted != .all {
                    guard let named = content.label(key.label) else { return nil }
                    label = named
                }
                let group = Group(
                    hour: key.hour, kind: key.group < 16 ? .transaction : .topup, status: IndexedKind.statuses[what],
                    label: label)
                let known = sums[group] ?? (0, 0)
                sums[group] = (known.count &+ sum.count, known.rupiah &+ sum.rupiah)
            }
        }
        return sums.filter { $0.value.count != 0 || $0.value.rupiah != 0 }
    }

    /// How many records of the same bear these marks.
    package func marks(
        _ kind: Callback.Kind? = nil, since: Timestamp? = nil, until: Timestamp? = nil
    ) -> (reversed: Int, unclear: Int) {
        let hours = Self.hours((since, until))
        var marks = (reversed: 0, unclear: 0)
        for content in files.map(\.content) {
            for (key, sum) in content.sums where key.dimension == 0 && hours.contains(key.hour) {
                if let kind, (kind == .topup) != (key.group >= 16) { continue }
                switch key.group & 15 {
                case IndexedKind.reversed: marks.reversed += sum.count
                case IndexedKind.unclear: marks.unclear += sum.count
                default: continue
                }
            }
        }
        return marks
    }

    /// Why transactions failed whose status came since, each with how many; what gave no reason has an empty one. Where
    /// there are very many, some are left out.
    package func reasons(since: Timestamp) -> [String: Int] {
        let hours = Self.hours((since, nil))
        let failed = IndexedKind.group(.transaction, IndexedKind.index(of: .failed))
        var reasons: [String: Int] = [:]
        for content in files.map(\.content) {
            for (key, sum) in content.sums
            where key.dimension == SumKey.Dimension.reason.rawValue && key.group == failed && hours.contains(key.hour) {
                guard let label = content.label(key.label) else { continue }
                reasons[label == "-" ? "" : label, default: 0] += sum.count
            }
        }
        return reasons.filter { $0.value > 0 }
    }

    /// Microseconds from each noted order to its end, of the same, in no order.
    package func answers(since: Timestamp? = nil, until: Timestamp? = nil) -> [Int64] {
        let hours = Self.hours((since, until))
        var answers: [Int64] = []
        var gone: [Int64: Int] = [:]
        for answer in files.flatMap(\.content.answers) where hours.contains(answer.hour) {
            if answer.milliseconds >= 0 {
                answers.append(answer.milliseconds)
            } else {
                gone[-1 - answer.milliseconds, default: 0] += 1
            }
        }
        if !gone.isEmpty {
            answers.removeAll { answer in
                guard let count = gone[answer], count > 0 else { return false }
                gone[answer] = count - 1
                return true
            }
        }
        return answers.map { $0 * 1_000 }
    }

    /// Records that may wait for their end, those whose status came last first; `nil` where not all are named.
    package func waiting() -> [RecordName]? {
        if files.contains(where: \.content.hasMoreOpen) { return nil }
        var names: [RecordName] = []
        var known: Set<String> = []
        for file in files.reversed() {
            for item in file.content.open.reversed() where known.insert(item.path).inserted {
                if let name = RecordName(path: item.path) { names.append(name) }
            }
        }
        return names
    }

    // MARK: Places

    /// Hands over the entries before `end` that are where records of these kinds and statuses may stand, the newest first,
    /// until `take` answers `false`.
    ///
    /// - Parameters:
    ///   - since: Leaves out segments of which nothing came so late; `until` the same.
    /// - Returns: `false` where that cannot be told, since something was damaged.
    func places(
        _ kinds: Set<Callback.Kind>, _ statuses: Set<Status>, before end: Position, since: Timestamp?,
        until: Timestamp?, _ journal: Journal, _ take: (PlacedEntry) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Bool {
        var wanted = [Bool](repeating: false, count: 16)
        for kind in kinds { for status in statuses { wanted[Int(IndexedKind.code(kind, status))] = true } }
        let lookup = JournalLookup(journal)
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
                guard let placed = try lookup.entry(at: position, in: segments[index], before: content.end) else {
                    return false
                }
                if try !take(placed) { return true }
            }
        }
        return true
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
        return names
    }
}
