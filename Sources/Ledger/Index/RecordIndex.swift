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
    package static let patience = 300

    /// No entry has this number or a greater one.
    package let end: Position
    let segments: [JournalSegment]
    let files: [IndexFile]
    /// Of those tell what was dropped of the journal; `nil` where nothing was.
    let archived: ArchivedMonths?
    let maker: IndexMaker

    private init(_ files: [IndexFile], _ archived: ArchivedMonths?, _ maker: IndexMaker) {
        self.files = files
        self.archived = archived
        self.maker = maker
        segments = maker.segments
        end = maker.end
    }

    /// Opens what is kept, and makes what is missing.
    ///
    /// - Parameters:
    ///   - minimumLength: Bytes of a journal for which that is worth it.
    ///   - milliseconds: The time for making; `nil` for all that it takes.
    ///   - unfinished: Told how many bytes of the journal of how many are done, where the time was too short and the next
    ///     one goes on from there.
    /// - Returns: `nil` where it is not worth it, could not be finished in time, or would not tell of all records.
    package static func open(
        _ store: borrowing RecordStore, _ journal: Journal, minimumLength: Int = worthwhileLength,
        within milliseconds: Int?, unfinished: (Int, Int) -> Void = { _, _ in },
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws(LedgerError) -> RecordIndex? {
        let segments = try journal.segments()
        guard try isWorthIt(segments, store, minimumLength), let end = try journal.state().end else { return nil }
        var maker = try IndexMaker(
            store, journal, segments, before: end, within: milliseconds, progress: progress)
        let index = try made(&maker, store)
        if index == nil, maker.isUnfinished { unfinished(maker.reached, maker.length) }
        return index
    }

    private static func made(
        _ maker: inout IndexMaker, _ store: borrowing RecordStore
    ) throws(LedgerError) -> RecordIndex? {
        guard let files = try maker.files(store) else { return nil }
        let held = files.map { $0.content.first..<$0.content.end }
        let dropped = DroppedStretches(missing: held, before: maker.end)
        if dropped.isEmpty { return RecordIndex(files, nil, maker) }
        return try maker.months(store, dropped).map { RecordIndex(files, $0, maker) }
    }

    /// Whether journal and archive are so long.
    private static func isWorthIt(
        _ segments: [JournalSegment], _ store: borrowing RecordStore, _ length: Int
    ) throws(LedgerError) -> Bool {
        var rest = length - segments.reduce(0) { $0 + $1.length }
        if rest <= 0 { return true }
        guard let archive = try store.rootDirectory(ArchiveMonth.directoryName) else { return false }
        for month in try archive.archiveMonths() {
            rest -= try ArchiveFile(month, in: archive)?.length() ?? 0
            if rest <= 0 { return true }
        }
        return false
    }

    /// Makes what is missing, for those who come later.
    ///
    /// - Parameter minimumLength: As for `open`.
    /// - Returns: `false` if there was no time for all of it. What can never be made counts as made: it is never an error.
    package static func make(
        path: String, minimumLength: Int = worthwhileLength, within milliseconds: Int? = nil
    ) -> Bool {
        do throws(LedgerError) {
            let store = try RecordStore(lookingAt: path)
            let journal = try Journal(in: store.directories.root)
            let segments = try journal.segments()
            guard try isWorthIt(segments, store, minimumLength), let end = try journal.state().end else {
                return true
            }
            if IndexDirectory.making(in: store) == nil { return true }
            var maker = try IndexMaker(store, journal, segments, before: end, within: milliseconds, mayReadAll: true)
            maker.tidy()
            return try made(&maker, store) != nil || !maker.isLate || maker.hasFailed
        } catch {
            return true
        }
    }

    // MARK: Sums

    /// Whether the sums are those of all records.
    package private(set) lazy var hasSums: Bool = {
        let parts =
            files.map { ($0.content.isDoubtful, $0.content.magnitude) }
            + months.map { ($0.head.isDoubtful, $0.head.magnitude) }
        return !parts.contains { $0.0 } && parts.reduce(0) { $0.addingSaturated($1.1) } < .max
    }()

    /// Stretches of the journal of which it does not tell all, such as damaged ones.
    var doubtfulStretches: [Range<Position>] {
        files.map(\.content).filter { $0.isDoubtful && $0.first < $0.end }.map { $0.first..<$0.end }
    }

    /// When what is about a record arrived last.
    package var newest: Timestamp? {
        (files.map(\.content.newest) + months.map(\.head.newest)).max().flatMap {
            $0 == .min ? nil : Timestamp(milliseconds: $0)
        }
    }

    /// What the newest delivery said that told a balance.
    package var balance: (rupiah: Int, at: Timestamp)? {
        let all =
            months.map { ($0.head.balanceAt, $0.head.balance) }
            + files.map { ($0.content.balanceAt, $0.content.balance) }
        guard let newest = all.max(by: { $0.0 <= $1.0 }), newest.0 > .min else { return nil }
        return (newest.1, Timestamp(milliseconds: newest.0))
    }

    var months: [ArchivedMonth] { archived?.months ?? [] }

    /// Whether products of orders that were noted are known no more, since their entries were dropped.
    var hasDoubtfulProducts: Bool { months.contains { $0.head.hasDoubtfulProducts } }

    /// Whether it tells of an archive, too, of which nothing is in the journal any more.
    var tellsOfArchive: Bool { archived != nil }

    /// All that something within these hours can be counted in; `nil` where some of it is damaged.
    private func contents(_ hours: Range<Int32>) -> [IndexContent]? {
        var contents = files.map(\.content)
        for month in months where month.head.hours.overlaps(hours) {
            guard let sums = try? month.sums() else {
                month.drop()
                return nil
            }
            contents.append(sums)
        }
        return contents
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

    /// The whole hours of a range of time; `nil` where there is none.
    package static func wholeHours(
        _ range: (since: Timestamp?, until: Timestamp?)
    ) -> (since: Timestamp?, until: Timestamp?)? {
        let hour: Int64 = 3_600_000_000
        let since = range.since.map {
            Timestamp(microseconds: ($0.microseconds + hour - 1).floorDivided(by: hour) * hour)
        }
        let until = range.until.map { Timestamp(microseconds: $0.microseconds.floorDivided(by: hour) * hour) }
        if let since, let until, since >= until { return nil }
        return (since, until)
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
    /// - Returns: `nil` where labels were left out, or cannot be told any more.
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
        guard let contents = contents(hours), dimension != .product || !hasDoubtfulProducts else { return nil }
        for content in contents {
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
        for content in contents(hours) ?? [] {
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
        for content in contents(hours) ?? [] {
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
        for answer in (contents(hours) ?? []).flatMap(\.answers) where hours.contains(answer.hour) {
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
    ///
    /// - Parameter since: Leaves out segments of which nothing came so late.
    package func waiting(since: Timestamp? = nil) -> [RecordName]? {
        var names: [RecordName] = []
        var known: Set<String> = []
        for file in files.reversed() where since.map({ file.content.latest >= $0.milliseconds }) ?? true {
            if file.content.hasMoreOpen { return nil }
            for item in file.content.open.reversed() where known.insert(item.path).inserted {
                if let name = RecordName(path: item.path) { names.append(name) }
            }
        }
        return names
    }
}
