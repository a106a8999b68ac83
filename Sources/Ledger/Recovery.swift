import Journal
import System

/// How far one process has come with the records that nobody vouches for.
final class Recovery {
    /// Nanoseconds for which a stretch should keep the lock: others wait for it.
    private static let time: Int64 = 50_000_000
    private static let counts = 4...4096
    /// Records that are made anew in memory at a time; more than that, and the journal is read several times.
    static let recordsPerRebuild = 32_768

    var replay = Replay()
    /// With two threads, as many as cheap hosts have processors, neither waits for a third.
    let worker = Worker()
    /// Entries of the next stretch. On a cold disk each can be a read or three.
    var count = Recovery.counts.lowerBound
    /// What comes behind the stretch that was replayed last. The worker takes it apart meanwhile, also while nobody has
    /// the lock.
    private var ahead: (start: Position, end: Position, stretch: Assignment<Stretch?>)?
    /// Up to here this one has looked at all; from the first lost record on, that counts only when those are there again.
    var end: Position?
    /// What the note said when the lock was last let go.
    var noted: Unproven?

    /// Goes on where the note says.
    func restart() {
        (end, noted, ahead) = (nil, nil, nil)
        replay = Replay()
    }

    /// Some entries that follow each other, with what they come to.
    struct Stretch: Sendable {
        let piece: ReplayPiece
        /// Nothing is left behind it.
        let isLast: Bool
        /// All of it could be read.
        let isRead: Bool

        /// The first entries of these pieces, so many at most; `nil` if there is none, and there may be some behind them.
        fileprivate init?(_ chunks: [JournalChunk], isWhole: Bool, count: Int) {
            var entries: [PlacedEntry] = []
            var isRead = true
            // One more tells whether this was all.
            for chunk in chunks where entries.count <= count {
                entries += chunk.entries(first: count + 1 - entries.count)
                isRead = isRead && chunk.isRead
            }
            if entries.isEmpty, !isWhole { return nil }
            isLast = isWhole && entries.count <= count
            self.isRead = isRead
            piece = ReplayPiece(entries.prefix(count).map { InterpretedEntry($0) })
        }
    }

    /// Bytes that are read for each entry of a stretch. Most entries are shorter; a stretch of longer ones has fewer.
    private static let bytesPerEntry = 1_024

    /// The next entries between two positions, which may have been taken apart already.
    func stretch(
        from start: Position, upTo end: Position, of journal: borrowing Journal
    ) throws(LedgerError) -> Stretch {
        if let ahead, ahead.start == start, ahead.end == end, let stretch = ahead.stretch.value() { return stretch }
        var length = count * Self.bytesPerEntry
        while true {
            let (chunks, isWhole) = try Self.chunks(from: start, upTo: end, of: journal, length)
            if let stretch = Stretch(chunks, isWhole: isWhole, count: count) { return stretch }
            length *= 4
        }
    }

    /// Has the worker begin with the entries between two positions. An error is left to who takes them: what stands before
    /// them is replayed all the same.
    func lookAhead(from start: Position, upTo end: Position, of journal: borrowing Journal) {
        let count = count
        ahead = nil
        guard let (chunks, isWhole) = try? Self.chunks(from: start, upTo: end, of: journal, count * Self.bytesPerEntry)
        else { return }
        ahead = (start, end, worker.begin { Stretch(chunks, isWhole: isWhole, count: count) })
    }

    /// Pieces of the journal, with so many bytes if there are as many, and whether they are known to be all.
    private static func chunks(
        from start: Position, upTo end: Position, of journal: borrowing Journal, _ length: Int
    ) throws(LedgerError) -> (chunks: [JournalChunk], isWhole: Bool) {
        var chunks: [JournalChunk] = []
        var read = 0
        try journal.read(from: start, upTo: end) { (chunk) in
            chunks.append(chunk)
            read += chunk.length
            return read < length
        }
        return (chunks, read < length)
    }

    func adapt(to time: Int64) {
        if time < Self.time / 2 { count = min(count * 2, Self.counts.upperBound) }
        if time > Self.time * 2 { count = max(count / 2, Self.counts.lowerBound) }
    }
}
