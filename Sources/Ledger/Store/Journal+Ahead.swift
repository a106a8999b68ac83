import Journal
import System

/// An entry with what it turns out to be.
struct InterpretedEntry: Sendable {
    let placed: PlacedEntry
    /// Of a delivery; `nil` for anything else.
    let interpretation: Interpretation?
    /// The record that it is about; `nil` for what is about none.
    let name: RecordName?

    init(_ placed: PlacedEntry) {
        self.placed = placed
        interpretation = placed.entry.interpretation
        name = placed.entry.content.recordName(interpretation: interpretation)
    }
}

extension Journal {
    /// Hands over entries as `read` does. While `take` works with one piece, another thread, `worker`'s, takes the next
    /// apart, and does `work` with it, which should only compute.
    func readAhead<Result: Sendable>(
        from start: Position?, upTo end: Position? = nil, by worker: Worker = Worker(),
        then work: @escaping @Sendable ([InterpretedEntry]) -> Result,
        _ take: (Result, _ length: Int) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        var ahead: [Assignment<(result: Result, length: Int)>] = []
        func takeFirst() throws(LedgerError) {
            let piece = ahead.removeFirst().value()
            try take(piece.result, piece.length)
        }
        try read(from: start, upTo: end) { (chunk) throws(LedgerError) in
            ahead.append(worker.begin { (work(chunk.entries.map { InterpretedEntry($0) }), chunk.length) })
            if ahead.count > 1 { try takeFirst() }
            return true
        }
        while !ahead.isEmpty { try takeFirst() }
    }

    /// The records of all names that are wanted and that the journal speaks of, each folded on top of its base; linear in
    /// the journal.
    ///
    /// - Parameter passed: Told how many bytes each piece had that was read.
    func fold(
        from start: Position? = nil, upTo end: Position?, passed: (Int) -> Void = { _ in },
        base: (RecordName) throws(LedgerError) -> Record?, _ isWanted: (RecordName) -> Bool
    ) throws(LedgerError) -> [RecordName: Record] {
        let materialiser = Materialiser()
        try readAhead(from: start, upTo: end, then: { $0 }) { (entries, length) throws(LedgerError) in
            for entry in entries {
                guard let name = entry.name, isWanted(name) else { continue }
                if !materialiser.knows(name) { materialiser.begin(name, with: try base(name)) }
                materialiser.apply(entry)
            }
            passed(length)
        }
        return materialiser.records
    }
}
