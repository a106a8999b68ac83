import Formats
import Journal
import KHOINS
import System

/// Makes what stands beside a segment of the journal, entry by entry: a pure function of the journal up to its last one.
///
/// What an entry changes in the sums is what its record comes to behind it, less what it came to before. So the sums of
/// all segments together are those of the records as they are.
struct IndexBuilder {
    /// An entry with all that can be told of it by itself.
    struct Item: Sendable {
        var interpreted: InterpretedEntry
        var keys: [UInt64]

        init(_ placed: PlacedEntry) {
            interpreted = InterpretedEntry(placed)
            switch (interpreted.interpretation, placed.entry.content) {
            case (.callback(let callback, _), _): keys = IndexedKey.hashes(callback)
            case (.none, .expectation(let expectation)):
                keys = expectation.destination.flatMap { IndexedKey.hash($0) }.map { [$0] } ?? []
            default: keys = []
            }
        }
    }

    /// Records that are kept while they may be asked for again.
    private static let maximumStates = 4_096
    /// Deliveries behind which a record's file soon leaves some to the journal.
    private static let manyDeliveries = Record.maximumDeliveries / 2

    private(set) var content: IndexContent
    private(set) var codes: [UInt8] = []
    private(set) var keys: [UInt64] = []
    private var sums = IndexSums()
    private var open: [Int: RecordName] = [:]
    /// Records as they are behind the last entry, of those that are likely to be asked for again.
    private var states: [RecordName: Record] = [:]
    /// Of those whose files will not say how they were: what they are now, `nil` where there is none.
    private var pinned: [RecordName: Record?]
    /// Records that no file gives as they were before the segment.
    private(set) var lost: Set<RecordName> = []

    /// - Parameter known: Records as they are before the first entry, of names that are asked for of nobody else; `nil` in
    ///   it for one that was not there.
    init(first: Position, known: [RecordName: Record?] = [:]) {
        content = IndexContent(first: first)
        pinned = known
    }

    /// Goes on behind what was made before.
    init(_ content: IndexContent, codes: [UInt8], keys: [UInt64]) {
        self.content = content
        self.codes = codes
        self.keys = keys
        pinned = [:]
        for item in content.pinned {
            if let name = RecordName(path: item.path) { pinned[name] = .some(Record(json: Array(item.json.utf8))) }
        }
        sums = IndexSums(content)
        for item in content.open { open[item.ordinal] = RecordName(path: item.path) }
        self.content.sums = []
        self.content.open = []
    }

    /// Bytes that an entry takes in the journal, and keys that it has, where nothing unusual comes.
    private static let usual = (length: 384, keys: 2)

    /// Makes room for the entries of so many bytes, so that what there is need not be moved about.
    mutating func expect(_ length: Int) {
        let count = length / Self.usual.length
        codes.reserveCapacity(codes.count + count)
        keys.reserveCapacity(keys.count + count * Self.usual.keys)
    }

    // MARK: Entries

    /// Takes in the next entry.
    ///
    /// - Parameter base: The record as it was before an entry, where there was one.
    mutating func add(
        _ item: Item, _ base: (RecordName, Position) throws(LedgerError) -> IndexBase
    ) throws(LedgerError) {
        let placed = item.interpreted.placed
        let ordinal = codes.count
        if content.runs.last.map({ $0.position + ordinal - $0.ordinal != placed.position.number }) ?? true {
            content.runs.append(IndexContent.Run(ordinal: ordinal, position: placed.position.number))
        }
        codes.append(0)
        content.entryCount += 1
        content.end = max(content.end, placed.position.next)
        let time = placed.entry.content.time.milliseconds
        content.earliest = min(content.earliest, time)
        content.latest = max(content.latest, time)
        guard let name = item.interpreted.name, ordinal < 1 << IndexedKey.ordinalBits else { return }
        content.newest = max(content.newest, time)
        for key in item.keys { keys.append(key << UInt64(IndexedKey.ordinalBits) | UInt64(ordinal)) }
        note(item.interpreted, ordinal)
        // A note about what there is already changes nothing, and no record says that it came.
        if case .expectation = placed.entry.content, placed.entry.updates { return }
        guard let before = try before(item.interpreted, name, base) else {
            guard let state = IndexedState(item.interpreted) else { return }
            sums.count(state, 1)
            place(state, nil, ordinal, name)
            if !state.status.isFinal || pinned[name] != nil { keep(item.interpreted.applied(to: nil), name) }
            return
        }
        let after = item.interpreted.applied(to: before)
        let (old, new) = (IndexedState(before), IndexedState(after))
        keep(after, name)
        if old != new {
            sums.count(old, -1)
            sums.count(new, 1)
        }
        place(new, old, ordinal, name)
    }

    /// The record before an entry; `nil` if there was none, or none can be had.
    private mutating func before(
        _ entry: InterpretedEntry, _ name: RecordName,
        _ base: (RecordName, Position) throws(LedgerError) -> IndexBase
    ) throws(LedgerError) -> Record? {
        if let known = pinned[name] { return known }
        if let known = states[name] { return known }
        if !entry.placed.entry.updates { return nil }
        switch try base(name, entry.placed.position) {
        case .record(let record): return record
        case .pinned(let record):
            pinned[name] = .some(record)
            return record
        case .lost:
            lost.insert(name)
            return nil
        }
    }

    private mutating func keep(_ record: Record, _ name: RecordName) {
        if pinned[name] != nil || record.deliveries.count >= Self.manyDeliveries {
            pinned[name] = .some(record)
            return
        }
        if states.count >= Self.maximumStates { states = [:] }
        states[name] = record
    }

    /// Takes note of what an entry says by itself.
    private mutating func note(_ entry: InterpretedEntry, _ ordinal: Int) {
        guard case .callback(let callback, _) = entry.interpretation else {
            codes[ordinal] = IndexedKind.code(.transaction, .pending)
            return
        }
        codes[ordinal] = IndexedKind.code(callback.kind, callback.status)
        let time = entry.placed.entry.content.time.milliseconds
        if let balance = callback.balance, time >= content.balanceAt {
            content.balance = balance
            content.balanceAt = time
        }
    }

    /// Notes where a record stands now, and what it bears.
    private mutating func place(_ state: IndexedState, _ old: IndexedState?, _ ordinal: Int, _ name: RecordName) {
        if state.isReversed { codes[ordinal] |= IndexedKind.bearsReversed }
        if state.isUnclear { codes[ordinal] |= IndexedKind.bearsUnclear }
        if state.isDamaged { codes[ordinal] |= IndexedKind.bearsDamaged }
        guard let place = state.place, let now = content.ordinal(of: place) else { return }
        if let before = old?.place.flatMap(content.ordinal), before != now {
            codes[before] &= ~IndexedKind.place
            open[before] = nil
        }
        codes[now] |= IndexedKind.place
        if !state.status.isFinal { open[now] = name }
    }

    // MARK: Outcome

    mutating func doubt() { content.isDoubtful = true }

    /// - Parameter mark: What tells the bytes that this was made from.
    mutating func cover(_ length: Int, _ mark: UInt32) {
        content.sourceLength = length
        content.sourceMark = mark
    }

    /// What was made so far.
    mutating func made() -> (content: IndexContent, codes: [UInt8], keys: [UInt64]) {
        var content = content
        sums.put(into: &content)
        let waiting = open.sorted { $0.key < $1.key }
        content.hasMoreOpen = content.hasMoreOpen || waiting.count > IndexContent.maximumOpen
        content.open = waiting.prefix(IndexContent.maximumOpen).map { .init(ordinal: $0.key, path: $0.value.path) }
        content.pinned = pinned.compactMap { name, record in
            record.map { IndexContent.Pinned(path: name.path, json: String(decoding: $0.json, as: UTF8.self)) }
        }.sorted { $0.path < $1.path }
        content.placeCounts = [Int](repeating: 0, count: IndexedKind.count + 1)
        content.markCounts = [0, 0, 0]
        for code in codes {
            if code & IndexedKind.place != 0 { content.placeCounts[Int(code & IndexedKind.mask)] += 1 }
            if code & IndexedKind.bearsReversed != 0 { content.markCounts[0] += 1 }
            if code & IndexedKind.bearsUnclear != 0 { content.markCounts[1] += 1 }
            if code & IndexedKind.bearsDamaged != 0 { content.markCounts[2] += 1 }
        }
        // In place: they are the largest part of it.
        keys.sort()
        return (content, codes, keys)
    }
}

/// The record that an entry is applied to.
enum IndexBase {
    case record(Record)
    /// One whose file will not say so again.
    case pinned(Record)
    /// There was one, and its file does not say how it was.
    case lost
}

extension IndexedState {
    /// What an entry makes of nothing; `nil` if it makes no record.
    fileprivate init?(_ entry: InterpretedEntry) {
        let placed = entry.placed
        switch (placed.entry.content, entry.interpretation) {
        case (_, .callback(let callback, _)): self.init(callback, at: placed.entry.content.time, placed.position)
        case (.expectation(let expectation), _):
            let callback = Callback(
                kind: .transaction, trxid: expectation.trxid, status: .pending, product: expectation.product)
            self.init(callback, at: expectation.notedAt, placed.position)
        default: return nil
        }
    }
}

extension InterpretedEntry {
    /// The record behind this entry, with times as a record's file has them.
    fileprivate func applied(to record: Record?) -> Record {
        let position = placed.position
        switch (placed.entry.content, interpretation) {
        case (.delivery(var delivery), .callback(let callback, _)):
            delivery.receivedAt = delivery.receivedAt.inMilliseconds
            return Record.applying(delivery, interpretation: callback, at: position, to: record).record
        case (.expectation(var expectation), _):
            expectation.notedAt = expectation.notedAt.inMilliseconds
            return Record.applying(expectation, at: position, to: record).record
        case (.delivery, _): preconditionFailure("an entry that is about a record is a callback")
        }
    }
}

extension Timestamp {
    var inMilliseconds: Timestamp { Timestamp(milliseconds: milliseconds) }
}
