import Journal
import System

/// Brings what stands beside the journal's segments up to date, never under the journal's lock.
///
/// What is there and right is taken; what is missing is made from where it ends, and kept if this process may write.
struct IndexMaker {
    /// Bytes behind what is kept that are taken apart anew by each reader; more are worth writing.
    static let maximumRest = 384 << 10
    /// A journal for which all of it may be read to make a record anew while somebody waits.
    private static let shortJournal = 16 << 20

    private let journal: Journal
    let segments: [JournalSegment]
    let end: Position
    private let bases: IndexBases
    private var directory: IndexDirectory?
    private var deadline: Int64?
    private let mayReadAll: Bool
    private let progress: (Int, Int) -> Void
    private let worker: Worker
    private(set) var hasWritten = false
    /// Something in front of the segment that is looked at is missing.
    private var hasHoles = false
    /// Something could not be kept.
    private(set) var hasFailed = false
    /// Makes one file at a time in this process: two would take twice the memory, and whoever comes second finds most of it
    /// made.
    private static let turn = Semaphore(count: 1)
    /// Bytes of the journal that were dealt with when the time was over.
    private(set) var reached = 0

    /// - Parameters:
    ///   - milliseconds: When to leave the rest to the next one; `nil` never.
    ///   - mayReadAll: Takes longer for records that all of the journal must be read for.
    ///   - progress: Told how many bytes of the journal of how many are done.
    init(
        _ store: borrowing RecordStore, _ journal: Journal, _ segments: [JournalSegment], before end: Position,
        within milliseconds: Int?, mayReadAll: Bool = false, progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws(LedgerError) {
        self.journal = journal
        self.segments = segments
        self.end = end
        bases = IndexBases(journal, segments, before: end)
        directory = try IndexDirectory(in: store)
        deadline = milliseconds.map { Clock.nanoseconds + Int64($0) * 1_000_000 }
        self.mayReadAll = mayReadAll
        self.progress = progress
        worker = Worker()
    }

    /// Whether the time is over.
    var isLate: Bool { deadline.map { Clock.nanoseconds > $0 } ?? false }

    /// Whether the time is over, and the next one can go on from where this one came to.
    var isUnfinished: Bool { isLate && hasWritten && !hasFailed }

    /// Bytes of the journal.
    var length: Int { segments.reduce(0) { $0 + $1.length } }

    /// One for each segment, in order; `nil` if that could not be finished in time.
    mutating func files(_ store: borrowing RecordStore) throws(LedgerError) -> [IndexFile]? {
        var files: [IndexFile] = []
        let all = length
        var done = 0
        let progress = progress
        var end = Position.first
        for segment in segments {
            hasHoles = hasHoles || segment.first != end
            var covered = 0
            let made = try file(segment, store) { length in
                covered = length
                progress(done + length, all)
            }
            guard let file = made else {
                reached = done + covered
                return nil
            }
            bases.pass(file.content)
            end = file.content.end
            files.append(file)
            done += segment.length
        }
        if hasWritten { tidy() }
        return files
    }

    /// What stands beside the archive's months; `nil` where that could not be finished in time, or it is not noted that
    /// all that is missing of the journal is in the archive.
    ///
    /// - Parameter dropped: What is missing of the journal.
    mutating func months(
        _ store: borrowing RecordStore, _ dropped: DroppedStretches
    ) throws(LedgerError) -> ArchivedMonths? {
        guard try dropped.isSubset(of: DroppedStretches(notedIn: directory)) else { return nil }
        if directory == nil { directory = IndexDirectory.making(in: store) }
        let deadline = deadline
        guard
            let maker = try ArchivedMonthsMaker(
                store, directory, dropped, bases, isPatient: deadline == nil,
                isLate: { deadline.map { Clock.nanoseconds > $0 } ?? false }, progress: progress)
        else { return nil }
        return try maker.opened(store)
    }

    /// Removes what is kept of segments that were dropped.
    func tidy() { directory?.keepSegments(Set(segments.map(\.name))) }

    /// Drops a file that turned out to be damaged.
    func drop(_ index: Int) { directory?.remove(segments[index].name) }

    private mutating func file(
        _ segment: JournalSegment, _ store: borrowing RecordStore, _ progress: (Int) -> Void
    ) throws(LedgerError) -> IndexFile? {
        if let known = try known(segment), known.content.sourceLength == segment.length { return known }
        let hasTurn = takeTurn()
        defer { if hasTurn { Self.turn.post() } }
        // It may have been made meanwhile.
        let known = try known(segment)
        if let known, known.content.sourceLength == segment.length { return known }
        // Whoever has little time goes on by a piece all the same: so it is done at some time.
        if isLate, hasWritten { return nil }
        var builder = IndexBuilder(first: segment.first)
        if let known, let codes = try known.codes(), let keys = try known.keys() {
            builder = IndexBuilder(known.content, codes: codes, keys: keys)
        }
        let start = builder.content.sourceLength
        builder.expect(segment.length - start)
        var isWhole = try add(segment, to: &builder, store, progress)
        if !builder.lost.isEmpty {
            // What only the whole journal can tell takes longer than anybody waits.
            let isLong = segment.first.number > 1 && length > Self.shortJournal
            if deadline != nil, isLong, !mayReadAll { return nil }
            deadline = nil
            (builder, isWhole) = try anew(segment, builder.lost, store, progress)
        }
        let made = builder.made()
        let rest = builder.content.sourceLength - start
        if rest > Self.maximumRest || rest > 0 && (segment.isClosed || !isWhole) { write(made, segment, store) }
        return isWhole ? IndexFile(made.content, codes: made.codes, keys: made.keys) : nil
    }

    /// Milliseconds for which the turn is waited for, behind what time there is: whoever has it is short of time as well.
    private static let patienceForTurn = 1_000

    /// Waits for the turn, so that there is a little more time than for the work itself.
    ///
    /// - Returns: Whether it has it. Who does not get it goes on without: nobody waits for ever for what is only lighter so.
    private func takeTurn() -> Bool {
        guard let deadline else {
            Self.turn.wait()
            return true
        }
        let left = max(0, Int((deadline - Clock.nanoseconds) / 1_000_000))
        return Self.turn.wait(milliseconds: left + Self.patienceForTurn)
    }

    /// What is kept of a segment; `nil` if that is nothing, or of another one.
    private func known(_ segment: JournalSegment) throws(LedgerError) -> IndexFile? {
        guard
            let file = try directory.flatMap({ (directory) throws(LedgerError) in
                try IndexFile.open(segment.name, in: directory)
            })
        else { return nil }
        let content = file.content
        guard content.first == segment.first, content.sourceLength <= segment.length,
            try journal.mark(of: segment, upTo: content.sourceLength) == content.sourceMark
        else { return nil }
        return file
    }

    /// Adds the rest of a segment.
    ///
    /// - Returns: `false` where there was no time for all of it.
    private func add(
        _ segment: JournalSegment, to builder: inout IndexBuilder, _ store: borrowing RecordStore,
        _ progress: (Int) -> Void
    ) throws(LedgerError) -> Bool {
        typealias Piece = (items: [IndexBuilder.Item], isDamaged: Bool, end: Int)
        var ahead: [Assignment<Piece>] = []
        var covered = builder.content.sourceLength
        let bases = bases
        func takeFirst(_ builder: inout IndexBuilder) throws(LedgerError) {
            let piece = ahead.removeFirst().value()
            if piece.isDamaged { builder.doubt() }
            for item in piece.items {
                try builder.add(item) { (name, position) throws(LedgerError) in
                    try bases.base(of: name, before: position, store)
                }
            }
            covered = piece.end
            progress(covered)
        }
        try journal.read(segment, from: covered) { (chunk, end) throws(LedgerError) in
            ahead.append(
                worker.begin {
                    let (entries, damage) = chunk.parsed()
                    return (entries.map { IndexBuilder.Item($0) }, !damage.isEmpty, end)
                })
            if ahead.count > 1 { try takeFirst(&builder) }
            return !isLate
        }
        while !ahead.isEmpty { try takeFirst(&builder) }
        guard let mark = try journal.mark(of: segment, upTo: covered) else { return false }
        builder.cover(covered, mark)
        return covered == segment.length
    }

    /// Makes a segment's index from its beginning, with what all of the journal before it says of some records.
    private func anew(
        _ segment: JournalSegment, _ names: Set<RecordName>, _ store: borrowing RecordStore,
        _ progress: (Int) -> Void
    ) throws(LedgerError) -> (IndexBuilder, Bool) {
        var names = names
        let oldest = segments.first?.first ?? segment.first
        while true {
            var isDoubtful = false
            let folded = try journal.fold(
                upTo: segment.first,
                base: { (name) throws(LedgerError) in
                    if oldest == .first { return nil }
                    guard let archived = try store.archived(name)?.record else { return nil }
                    if archived.appliedUpTo.map({ $0 < oldest }) ?? false { return archived }
                    isDoubtful = true
                    return nil
                }, names.contains)
            var known: [RecordName: Record?] = [:]
            for name in names { known[name] = .some(folded[name]) }
            var builder = IndexBuilder(first: segment.first, known: known)
            if hasHoles {
                for name in names where try store.archived(name) != nil { isDoubtful = true }
            }
            if isDoubtful { builder.doubt() }
            let isWhole = try add(segment, to: &builder, store, progress)
            if builder.lost.isSubset(of: names) { return (builder, isWhole) }
            names.formUnion(builder.lost)
        }
    }

    private mutating func write(
        _ made: (content: IndexContent, codes: [UInt8], keys: [UInt64]), _ segment: JournalSegment,
        _ store: borrowing RecordStore
    ) {
        if directory == nil { directory = IndexDirectory.making(in: store) }
        let bytes = IndexFile.bytes(made.content, codes: made.codes, keys: made.keys)
        if directory?.write(bytes, as: segment.name) ?? false { hasWritten = true } else { hasFailed = true }
    }
}
