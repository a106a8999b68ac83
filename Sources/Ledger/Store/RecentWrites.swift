import Journal
import System

/// What one process has written since the last checkpoint: with that, the checkpoint knows what the records should hold
/// without reading the journal again. Shared by the ledgers of one directory in one process.
///
/// Who commits only ever adds to the last part. The checkpoint takes all parts as they are, and sorts them out while
/// others go on.
package final class RecentWrites: Sendable {
    /// Files that are remembered, at most: of as many entries as may wait for a checkpoint, and some more.
    private static let capacity = 160 << 10
    /// Those of a part, about.
    private static let partLength = 1 << 12

    fileprivate struct Part {
        var end: Position
        var records: [WrittenRecord] = []
        var rejected: [RejectedDelivery] = []
        /// The checkpoint looks at it: what was added to it would be copied first.
        var isShared = false

        var count: Int { records.count + rejected.count }
    }

    private struct State {
        /// All entries from here to the end of the last part are this process's own.
        var start: Position
        var parts: [Part]

        var end: Position { parts.last?.end ?? start }
        var count: Int { parts.reduce(0) { $0 + $1.count } }
    }

    private let state = Locked<State?>(nil)

    package init() {}

    /// Notes a batch.
    ///
    /// - Parameters:
    ///   - start: Where the batch begins.
    ///   - end: Where it ends.
    package func add(
        _ records: [WrittenRecord], _ rejected: [RejectedDelivery], from start: Position, to end: Position
    ) {
        state.withLock { state in
            // Taken out, or every batch would copy all that is known.
            var known = state.take() ?? State(start: start, parts: [])
            if known.end != start || known.count >= Self.capacity { known = State(start: start, parts: []) }
            if known.parts.last.map({ $0.isShared || $0.count >= Self.partLength }) ?? true {
                known.parts.append(Part(end: end))
                known.parts[known.parts.count - 1].records.reserveCapacity(Self.partLength)
            }
            let last = known.parts.count - 1
            known.parts[last].records += records
            known.parts[last].rejected += rejected
            known.parts[last].end = end
            state = known
        }
    }

    /// Forgets everything: something was written that this process does not know.
    func clear() { state.withLock { $0 = nil } }

    /// What the entries between two positions should have made, a part at a time, in order; `nil` if not all of them are
    /// known. A later part may have a record once more.
    func writes(from start: Position?, to end: Position) -> [Writes]? {
        let start = start ?? .first
        return state.withLock { state in
            guard let known = state, known.end >= end, known.start == start else { return nil }
            if let last = known.parts.indices.last { state?.parts[last].isShared = true }
            return known.parts.map { Writes(start: start, part: $0) }
        }
    }

    /// A part of what was written.
    struct Writes {
        fileprivate let start: Position
        fileprivate let part: Part

        /// The newest of each record.
        var records: [RecordName: (upTo: Position, digest: RecordDigest)] {
            var records: [RecordName: (upTo: Position, digest: RecordDigest)] = [:]
            for record in part.records where record.upTo >= start {
                records[record.name] = (record.upTo, record.digest)
            }
            return records
        }

        var rejected: [RejectedDelivery] { part.rejected.filter { $0.position >= start } }
    }

    /// Forgets what a checkpoint has passed.
    package func drop(upTo position: Position) {
        // What is let go is freed when nobody waits for the lock any more.
        _ = state.withLock { state -> [Part] in
            // What begins behind the checkpoint says nothing about what lies between the two: it stays as it is.
            guard var known = state, known.start <= position else { return [] }
            guard known.end >= position else {
                state = nil
                return known.parts
            }
            let passed = known.parts.prefix { $0.end <= position }
            known.parts.removeFirst(passed.count)
            known.start = position
            state = known
            return Array(passed)
        }
    }
}
