import Journal
import System

/// What one process has written since the last checkpoint: with that, the checkpoint knows what the records should hold
/// without reading the journal again. Shared by the ledgers of one directory in one process.
package final class RecentWrites: Sendable {
    /// Files that are remembered, at most.
    private static let capacity = 1 << 16

    private struct State {
        /// All entries between these positions are this process's own.
        var start: Position
        var end: Position
        var records: [RecordName: (upTo: Position, digest: RecordDigest)] = [:]
        var rejected: [RejectedDelivery] = []
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
            var known = state.take() ?? State(start: start, end: start)
            if known.end != start || known.records.count + known.rejected.count >= Self.capacity {
                known = State(start: start, end: start)
            }
            for record in records { known.records[record.name] = (record.upTo, record.digest) }
            known.rejected += rejected
            known.end = end
            state = known
        }
    }

    /// Forgets everything: something was written that this process does not know.
    func clear() { state.withLock { $0 = nil } }

    /// What the entries between two positions should have made; `nil` if not all of them are known.
    func writes(
        from start: Position?, to end: Position
    ) -> (records: [RecordName: (upTo: Position, digest: RecordDigest)], rejected: [RejectedDelivery])? {
        state.withLock { state in
            guard let known = state, known.end >= end, known.start == start ?? .first else { return nil }
            return (known.records, known.rejected)
        }
    }

    /// Forgets what a checkpoint has passed.
    package func drop(upTo position: Position) {
        state.withLock { state in
            guard var known = state.take() else { return }
            // What begins behind the checkpoint says nothing about what lies between the two: it stays as it is.
            if known.start > position {
                state = known
                return
            }
            guard known.end >= position else { return }
            known.records = known.records.filter { $0.value.upTo >= position }
            known.rejected = known.rejected.filter { $0.position >= position }
            known.start = position
            state = known
        }
    }
}
