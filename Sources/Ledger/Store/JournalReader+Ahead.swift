import Journal
import System

/// An entry with what it turns out to be.
struct ReadEntry: Sendable {
    let placed: PlacedEntry
    /// Of a delivery; `nil` for anything else.
    let reading: Reading?
    /// The record that it is about; `nil` for what is about none.
    let name: RecordName?

    init(_ placed: PlacedEntry) {
        self.placed = placed
        reading = placed.entry.reading
        name = placed.entry.content.recordName(reading: reading)
    }
}

/// Some entries in the order of the journal.
struct ReadPiece: Sendable {
    let entries: [ReadEntry]
    /// Bytes of journal that they were read from.
    let length: Int
    /// The end of the last whole entry; `nil` if there is none.
    let end: Position?

    init(_ bytes: [UInt8], at start: Position) {
        var entries: [ReadEntry] = []
        var end: Position?
        for case .entry(let entry, let position, let length) in JournalScan(bytes, at: start) {
            entries.append(ReadEntry(PlacedEntry(entry: entry, position: position)))
            end = Position(file: start.file, offset: position.offset + length)
        }
        self.entries = entries
        self.end = end
        length = bytes.count
    }
}

extension JournalReader {
    /// Hands over entries as `read` does lines. While `take` works with one piece, another thread parses the next.
    ///
    /// - Returns: The end of the last whole entry, or `start`; `nil` if there is no file.
    @discardableResult
    func readAhead(
        from start: Position?, upTo end: Position? = nil, _ take: (ReadPiece) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Position? {
        try readAhead(from: start, upTo: end, then: { $0 }, take)
    }

    /// As above; `work`, too, is done by the other thread, `worker`'s, and should only compute.
    @discardableResult
    func readAhead<Result: Sendable>(
        from start: Position?, upTo end: Position? = nil, by worker: Worker = Worker(),
        then work: @escaping @Sendable (ReadPiece) -> Result,
        _ take: (Result) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Position? {
        var reached: Position?
        var ahead: [Assignment<(end: Position?, result: Result)>] = []
        func takeFirst() throws(LedgerError) {
            let piece = ahead.removeFirst().value()
            reached = piece.end ?? reached
            try take(piece.result)
        }
        let last = try readPieces(from: start, upTo: end) { (bytes, position) throws(LedgerError) in
            ahead.append(
                worker.begin {
                    let piece = ReadPiece(bytes, at: position)
                    return (piece.end, work(piece))
                })
            if ahead.count > 1 { try takeFirst() }
        }
        while !ahead.isEmpty { try takeFirst() }
        return [last, reached].compactMap { $0 }.max()
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
        try readAhead(from: start, upTo: end) { (piece) throws(LedgerError) in
            for entry in piece.entries {
                guard let name = entry.name, isWanted(name) else { continue }
                if !materialiser.knows(name) { materialiser.begin(name, with: try base(name)) }
                _ = materialiser.apply(entry)
            }
            passed(piece.length)
        }
        return materialiser.records
    }
}
