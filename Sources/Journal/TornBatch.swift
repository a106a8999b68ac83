import System

/// What a power cut has torn of the last batch: sectors reach the disk in any order, so later lines of it can be there and
/// earlier ones not. Nobody was told that such a batch is kept, as its sync has not succeeded.
///
///     … 4705 4706 | 4707 «torn» 4709 «torn» 4711 «torn»        4711 says that four were written before it, with it
///                 ^ the batch begins                  ^ cut off
struct TornBatch {
    /// The number of its first entry.
    var first: Position
    /// Bytes before its last whole line that are no whole lines, the last ones first.
    var stretches: [Range<Int>] = []
}

extension Journal {
    /// Finds what is torn of the last batch in a file. Damage that may be older than the batch is not among it, as that was
    /// acknowledged; nor is anything where this batch was. (I7)
    ///
    /// - Parameters:
    ///   - end: Where the file's last whole entry ends.
    ///   - acknowledged: Every entry before this one was, at least.
    func tornBatch(in file: JournalFile, before end: Int, acknowledged: Position) throws(LedgerError) -> TornBatch? {
        var batch: TornBatch?
        /// Damage since the last entry of the batch that was met, on the way back.
        var damage: [Range<Int>] = []
        var (rest, length) = (end, 64 << 10)
        while rest > 0 {
            guard let (block, start) = try lines(of: file, before: rest, length) else {
                length *= 2
                continue
            }
            if block.isEmpty { return nil }
            for stretch in Array(JournalScan(block, at: start)).reversed() {
                guard let position = stretch.placed?.position else {
                    if stretch.line == nil { damage.append(stretch.range) }
                    continue
                }
                if batch == nil {
                    let line = block[(stretch.range.lowerBound - start)..<(stretch.range.upperBound - start - 1)]
                    let first = Position(max(1, position.number - JournalLine.behind(in: line)))
                    if first == position || first < acknowledged { return nil }
                    batch = TornBatch(first: first)
                }
                guard var found = batch else { return nil }
                if position < found.first {
                    // Only if no entry is missing before the batch is all of the damage the batch's own.
                    if position.next == found.first { found.stretches += damage }
                    return found
                }
                found.stretches += damage
                damage = []
                batch = found
            }
            rest = start
        }
        if let first = batch?.first, file.name.first == first { batch?.stretches += damage }
        return batch
    }
}

extension JournalFile {
    /// Puts blank lines, which are none, in the place of what is torn. Not synced.
    func blank(_ batch: TornBatch) throws(LedgerError) {
        for stretch in batch.stretches {
            try write([UInt8](repeating: UInt8(ascii: "\n"), count: stretch.count), at: stretch.lowerBound)
        }
    }
}
