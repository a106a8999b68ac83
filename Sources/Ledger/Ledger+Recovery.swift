import KHOINSCallback

extension Ledger {
    /// Replays the journal from the last checkpoint: after a restart of the machine, any record since then may be lost
    /// or torn. Needs the lock.
    func recover(_ parts: Parts) throws(LedgerError) {
        try parts.store.removeLeftovers()
        try parts.journal.leaveAbandonedFile()
        let checkpoint = try parts.journal.reader.checkpoint()
        if checkpoint == nil { try parts.journal.removeCheckpoint() }
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
            let found = try remains(of: name, parts)
            if case .record(let record) = found, record.isTrustworthy(from: placed) {
                materialiser.begin(name, with: record)
            } else {
                materialiser.begin(name, with: nil)
                if placed.entry.updates { lost.insert(name) }
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

    /// What lies under a record's name. Something that is in the way of this one record must not stop the others.
    private func remains(of name: RecordName, _ parts: Parts) throws(LedgerError) -> RecordStore.Found {
        do throws(LedgerError) {
            return try parts.store.load(name)
        } catch {
            guard error.concernsOneRecord else { throw error }
            return .damaged
        }
    }

    /// Applies entries of a process that died, to records that were right before it. Needs the lock.
    func materialise(_ entries: [PlacedEntry], _ parts: Parts) throws(LedgerError) {
        try replay(entries, parts)
    }

    /// Folds records anew from all of the journal before `end`; linear in the journal.
    func rebuild(
        _ names: Set<RecordName>, before end: Position?, _ parts: Parts
    ) throws(LedgerError) -> [RecordName: Record] {
        try parts.journal.reader.fold(upTo: end) { names.contains($0) }
    }
}

extension JournalReader {
    /// The records of all names that are wanted, folded from nothing; linear in the journal.
    func fold(upTo end: Position?, _ isWanted: (RecordName) -> Bool) throws(LedgerError) -> [RecordName: Record] {
        let materialiser = Materialiser()
        try read(from: nil, upTo: end) { (lines) throws(LedgerError) in
            for placed in lines.entries {
                let reading = placed.entry.reading
                guard let name = placed.entry.content.recordName(reading: reading), isWanted(name) else { continue }
                _ = materialiser.apply(placed.entry.content, reading: reading, at: placed.position)
            }
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
