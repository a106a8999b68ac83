import KHOINSCallback

extension Ledger {
    /// Replays the journal from the last checkpoint: after a restart of the machine, any record since then may be lost
    /// or torn. Needs the lock.
    func recover(_ parts: Parts) throws(LedgerError) {
        try parts.journal.leaveAbandonedFile()
        let checkpoint = try parts.journal.reader.checkpoint()
        if checkpoint == nil { try parts.journal.removeCheckpoint() }
        // The machine need not have restarted: what a killed process wrote may be in memory only.
        try parts.journal.syncFiles(from: checkpoint)
        let end = try parts.journal.reader.read(from: checkpoint) { (lines) throws(LedgerError) in
            try replay(lines.entries, parts)
        }
        if let end { try parts.journal.adopt(end) }
    }

    /// Applies entries whose records nobody vouches for: a record counts only if it holds what the journal says.
    private func replay(_ entries: [PlacedEntry], _ parts: Parts) throws(LedgerError) {
        guard let start = entries.first?.position else { return }
        let materialiser = Materialiser()
        let readings = entries.map { $0.entry.reading }
        var lost: Set<RecordName> = []
        for (placed, reading) in zip(entries, readings) {
            guard let name = placed.entry.content.recordName(reading: reading), !materialiser.knows(name) else {
                continue
            }
            switch try parts.store.remains(of: name, inArchiveToo: false) {
            case .record(let record) where record.isTrustworthy(from: placed):
                materialiser.begin(name, with: record)
            case let found:
                materialiser.begin(name, with: nil)
                guard let archived = try parts.store.archived(name)?.record else {
                    if placed.entry.updates { lost.insert(name) }
                    continue
                }
                // An archived record that has this entry has all before it too. With an older one, the record was live
                // again, and its file is lost.
                if case .missing = found, archived.appliedUpTo.map({ $0 >= placed.position }) ?? false {
                    materialiser.begin(name, with: archived)
                } else {
                    lost.insert(name)
                }
            }
        }
        if !lost.isEmpty {
            for (name, record) in try rebuild(lost, before: start, parts) {
                materialiser.begin(name, with: record, isRebuilt: true)
            }
        }
        for (placed, reading) in zip(entries, readings) {
            _ = materialiser.apply(placed.entry.content, reading: reading, at: placed.position)
        }
        _ = try materialiser.write(to: parts.store)
    }

    /// Applies entries of a process that died, to records that were right before it. Needs the lock.
    func materialise(_ entries: [PlacedEntry], _ parts: Parts) throws(LedgerError) {
        try replay(entries, parts)
    }

    /// Folds records anew from all of the journal before `end`, each on top of what the archive has of it; linear in the
    /// journal.
    func rebuild(
        _ names: Set<RecordName>, before end: Position?, _ parts: Parts
    ) throws(LedgerError) -> [RecordName: Record] {
        let bases = try names.map { (name) throws(LedgerError) in (name, try parts.store.archived(name)?.record) }
        let records = Dictionary(uniqueKeysWithValues: bases).compactMapValues { $0 }
        // With a base for each, nothing before the oldest of them is needed.
        let start = records.count == names.count ? records.values.compactMap(\.appliedUpTo).min() : nil
        let folded = try parts.journal.reader.fold(from: start, upTo: end) { (name) in
            records[name]
        } _: {
            names.contains($0)
        }
        return records.merging(folded) { $1 }
    }
}

extension JournalReader {
    /// The records of all names that are wanted and that the journal speaks of, each folded on top of its base; linear in
    /// the journal.
    ///
    /// - Parameter passed: Told how many bytes each piece had that was read.
    func fold(
        from start: Position? = nil, upTo end: Position?, passed: (Int) -> Void = { _ in },
        base: (RecordName) throws(LedgerError) -> Record?, _ isWanted: (RecordName) -> Bool
    ) throws(LedgerError) -> [RecordName: Record] {
        let materialiser = Materialiser()
        try read(from: start, upTo: end) { (lines) throws(LedgerError) in
            for placed in lines.entries {
                let reading = placed.entry.reading
                guard let name = placed.entry.content.recordName(reading: reading), isWanted(name) else { continue }
                if !materialiser.knows(name) { materialiser.begin(name, with: try base(name)) }
                _ = materialiser.apply(placed.entry.content, reading: reading, at: placed.position)
            }
            passed(lines.length)
        }
        return materialiser.records
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
        case .abandonment: return true
        }
    }

    /// Whether nothing in this record is older than `position`.
    func begins(atOrAfter position: Position) -> Bool { beginning.map { $0 >= position } ?? true }

    /// The entry that made this record.
    private var beginning: Position? {
        guard let expected, let first = deliveries.first else { return expected?.journal ?? deliveries.first?.journal }
        return min(expected.journal, first.journal)
    }
}

extension JournalEntry {
    /// What the delivery in this entry turns out to be.
    var reading: Reading? {
        if case .delivery(let delivery) = content { Reading(delivery) } else { nil }
    }
}

extension [JournalScan.Line] {
    /// Bytes of all of them.
    fileprivate var length: Int {
        reduce(0) { sum, line in
            switch line {
            case .entry(_, _, let length), .damage(_, let length): sum + length
            }
        }
    }

    /// The offset behind the last whole entry; `nil` if there is none.
    var entriesEnd: Int? {
        for case .entry(_, let position, let length) in reversed() { return position.offset + length }
        return nil
    }

    /// The whole entries among them.
    var entries: [PlacedEntry] {
        compactMap { line in
            if case .entry(let entry, let position, _) = line {
                PlacedEntry(entry: entry, position: position)
            } else {
                nil
            }
        }
    }
}
