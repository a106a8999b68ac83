import Glibc
import Journal
import System

extension Ledger {
    /// What became of a turn of `catchUp`.
    enum Progress {
        case done
        case timeIsUp
        /// Another process is at it.
        case foreign
    }

    /// Compares records that nobody vouches for with what the journal says, and makes right what is not, in stretches that
    /// hold the lock for a moment each. (I4)
    ///
    /// - Parameters:
    ///   - seconds: Ends about then; `nil` when all is done.
    ///   - yields: Leaves it to another process that does the same.
    @discardableResult
    func catchUp(
        _ opened: OpenedDirectory, within seconds: Int? = nil, yields: Bool = false
    ) throws(LedgerError) -> Progress {
        let deadline = seconds.map { Deadline(seconds: $0) }
        let recovery = Recovery()
        opened.store.watch.isOfRecovery = true
        defer { opened.store.watch.isOfRecovery = false }
        while true {
            let progress = try locked(again: opened) { (directory) throws(LedgerError) -> Progress? in
                guard let unproven = directory.session.unproven, !unproven.isEmpty else { return .done }
                if let noted = recovery.noted, noted.start != unproven.start {
                    if yields { return .foreign }
                    recovery.restart()
                }
                try directory.replayStretch(recovery)
                return directory.session.unproven?.isEmpty ?? true ? .done : nil
            }
            let isTimeUp = deadline?.hasPassed ?? false
            let lost = recovery.replay.lost
            if let end = recovery.end, !lost.isEmpty,
                isTimeUp || progress == .done || lost.count >= Recovery.recordsPerRebuild || recovery.noted?.end == end
            {
                try remake(lost, opened)
                try locked(again: opened) { (directory) throws(LedgerError) in
                    if directory.session.unproven?.start == recovery.noted?.start {
                        try directory.session.prove(upTo: end)
                    }
                    recovery.restart()
                }
            }
            if let progress { return progress }
            if isTimeUp { return .timeIsUp }
            // Those who wait for the lock ask for it every two milliseconds, and would not get a turn otherwise.
            usleep(4_000)
        }
    }

    /// What became of records that were to be made anew.
    struct Remade {
        var written: Set<RecordName> = []
        /// Something lies in their places.
        var failures: [RecordName: LedgerError] = [:]
        /// The records as they are then, and the end of the journal; of the last ones, if they are very many.
        var known: (records: [RecordName: Record], end: Position)?
    }

    /// What records are made anew for.
    enum Purpose {
        /// What the journal knows nothing of is moved out of the way.
        case commit
        case recovery
        /// A record that holds more than the journal stays.
        case repair
    }

    /// Makes records anew that are damaged or lost, from the archive and all of the journal. That is read without the lock,
    /// but for what has come meanwhile: nobody waits for it.
    ///
    @discardableResult
    func remake(
        _ names: Set<RecordName>, _ opened: OpenedDirectory, for purpose: Purpose = .recovery
    ) throws(LedgerError) -> Remade {
        var remade = Remade()
        var rest = Array(names)[...]
        while !rest.isEmpty {
            let names = Set(rest.prefix(Recovery.recordsPerRebuild))
            rest = rest.dropFirst(Recovery.recordsPerRebuild)
            var known: (records: [RecordName: Record], end: Position)?
            for _ in 0..<Self.rounds {
                guard let end = try opened.journal.state().end else { break }
                if let known, end.number - known.end.number < Self.shortRest { break }
                known = (try opened.rebuild(names, from: known, before: end), end)
            }
            try locked(again: opened) { (directory) throws(LedgerError) in
                let end = try opened.journal.state().end
                // Mostly nothing has come meanwhile.
                let records: [RecordName: Record]
                if let known, known.end == end {
                    records = known.records
                } else {
                    records = try opened.rebuild(names, from: known)
                }
                remade.known = end.map { (records, $0) }
                for name in names { try directory.replace(name, with: records[name], for: purpose, &remade) }
            }
        }
        return remade
    }

    /// What has come while the journal was read is read next, so often at most, and last under the lock, if it is no more
    /// than so many entries.
    private static let (rounds, shortRest) = (4, 512)
}

extension OpenedDirectory {
    /// Folds records anew from all of the journal, or all of it before `end`, each on top of what the archive has of it;
    /// linear in the journal.
    ///
    /// - Parameter known: The records as the entries before a position leave them.
    func rebuild(
        _ names: Set<RecordName>, from known: (records: [RecordName: Record], end: Position)? = nil,
        before end: Position? = nil
    ) throws(LedgerError) -> [RecordName: Record] {
        var records = known?.records ?? [:]
        var start = known?.end
        if known == nil {
            for name in names { records[name] = try store.archived(name)?.record }
            // With a base for each, nothing before the oldest of them is needed.
            if records.count == names.count { start = records.values.compactMap(\.appliedUpTo).min() }
        }
        let folded = try journal.fold(from: start, upTo: end) { (name) in
            records[name]
        } _: {
            names.contains($0)
        }
        return records.merging(folded) { $1 }
    }
}

extension LockedDirectory {
    /// Names that are looked for in the journal's bytes; with more, all of it is read.
    private static let namesToLookFor = 4

    /// Replays what is unproven of these records, before anything new is applied to them: a read of some of the journal, and
    /// of these records alone. (I4)
    ///
    /// - Returns: The records that have to be made anew from all of the journal.
    func replay(_ names: Set<RecordName>) throws(LedgerError) -> Set<RecordName> {
        guard let unproven = session.unproven, !unproven.isEmpty else { return [] }
        let words = names.compactMap(\.word)
        let isLookedFor = words.count == names.count && names.count <= Self.namesToLookFor
        var entries: [InterpretedEntry] = []
        try opened.journal.read(from: unproven.start, upTo: unproven.end) { (chunk) in
            let found = isLookedFor ? chunk.entries(mentioning: words) : chunk.entries
            for entry in found.map({ InterpretedEntry($0) }) {
                if let name = entry.name, names.contains(name) { entries.append(entry) }
            }
            return true
        }
        var replay = Replay()
        try replay.take(ReplayPiece(entries), store)
        return replay.lost
    }

    /// Replays the next unproven entries.
    fileprivate mutating func replayStretch(_ recovery: Recovery) throws(LedgerError) {
        guard let unproven = session.unproven else { return }
        let begin = Clock.nanoseconds
        let start = max(recovery.end ?? unproven.start, unproven.start)
        let stretch = try recovery.stretch(from: start, upTo: unproven.end, of: opened.journal)
        let piece = stretch.piece
        let end = stretch.isLast ? unproven.end : piece.entries.last?.placed.position.next ?? unproven.end
        if !stretch.isLast { recovery.lookAhead(from: end, upTo: unproven.end, of: opened.journal) }
        try store.lookingForArchiveOnce { () throws(LedgerError) in
            try recovery.replay.take(piece, store, with: recovery.worker)
        }
        recovery.end = end
        if !stretch.isRead { try session.leaveUnread(from: start, upTo: end) }
        if recovery.replay.lost.isEmpty { try session.prove(upTo: end) }
        recovery.noted = session.unproven
        recovery.adapt(to: Clock.nanoseconds - begin)
    }

    /// Applies entries of a process that died, to records that were right before it. What has to be made anew from all of
    /// the journal is left unproven. (I3)
    mutating func materialise(_ entries: [PlacedEntry]) throws(LedgerError) {
        guard let first = entries.first, let last = entries.last else { return }
        var replay = Replay()
        try replay.take(ReplayPiece(entries.map { InterpretedEntry($0) }), store)
        if !replay.lost.isEmpty { session.doubt(from: first.position, upTo: last.position.next) }
    }

    /// Puts a record that was made anew in its place.
    fileprivate func replace(
        _ name: RecordName, with record: Record?, for purpose: Ledger.Purpose, _ remade: inout Ledger.Remade
    ) throws(LedgerError) {
        do throws(LedgerError) {
            // Made anew without what the archive has, it would lose a part of its history.
            if let path = try store.unreadableArchive(of: name) { throw .cannotRead(path: path) }
            if let record {
                if purpose == .repair, case .record(let old) = try store.remains(of: name),
                    old.holdsMore(than: record)
                {
                    return
                }
                try store.write(record.json, name)
                remade.written.insert(name)
            } else if purpose == .commit, case .damaged = try store.loadLive(name) {
                try store.setAside(name, at: try opened.journal.state().end ?? .first)
            }
        } catch {
            guard error.concernsOneRecord else { throw error }
            remade.failures[name] = error
        }
    }
}

extension RecordName {
    /// What every entry about this record holds in its bytes, or else in a disguise; `nil` where nothing is known.
    fileprivate var word: [UInt8]? {
        let id = file.utf8.dropLast(".json".utf8.count).prefix { $0 != UInt8(ascii: "+") }
        return id.isEmpty || id.contains(UInt8(ascii: "%")) ? nil : Array(id)
    }
}
