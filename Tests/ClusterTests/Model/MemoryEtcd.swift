import Cluster

/// An etcd in memory, as several members of it show it: each transaction is done at one moment, and each member that is only
/// asked locally shows an earlier moment, never an older one than before.
final class MemoryEtcd {
    typealias Keys = [String: EtcdAnswer.Entry]

    private(set) var revision = 1
    private(set) var keys: Keys = [:]
    /// The states that a member may still show, the newest last.
    private var past: [(revision: Int, keys: Keys)] = [(1, [:])]

    /// Does a transaction. Every answer is what a real one would be.
    func commit(_ transaction: EtcdTransaction) -> EtcdAnswer {
        let succeeded = Self.holds(transaction, in: keys)
        var found: [EtcdAnswer.Found] = []
        var changed = keys
        var hasChanged = false
        for operation in succeeded ? transaction.success : transaction.failure {
            switch operation {
            case .range(let range): found.append(Self.find(range, in: changed))
            case .put(let key, let value):
                hasChanged = true
                changed[key] = EtcdAnswer.Entry(
                    key: key, value: value, created: changed[key]?.created ?? revision + 1, modified: revision + 1)
            case .delete(let start, let end):
                let names = changed.keys.filter { $0 >= start && $0 < end }
                hasChanged = hasChanged || !names.isEmpty
                for name in names { changed[name] = nil }
            }
        }
        if hasChanged {
            revision += 1
            keys = changed
            past.append((revision, keys))
            if past.count > 40 { past.removeFirst() }
        }
        return EtcdAnswer(revision: revision, succeeded: succeeded, found: found)
    }

    /// Does a transaction that only reads, at an earlier moment.
    ///
    /// - Parameter oldest: The revision that this member has shown before.
    func commitLocally(
        _ transaction: EtcdTransaction, notBefore oldest: Int, _ generator: inout some RandomNumberGenerator
    ) -> EtcdAnswer {
        let states = past.filter { $0.revision >= oldest }
        let state = states.randomElement(using: &generator) ?? (revision, keys)
        let succeeded = Self.holds(transaction, in: state.keys)
        let found = (succeeded ? transaction.success : transaction.failure).map { operation in
            guard case .range(let range) = operation else { preconditionFailure("only reads can be local") }
            return Self.find(range, in: state.keys)
        }
        return EtcdAnswer(revision: state.revision, succeeded: succeeded, found: found)
    }

    private static func holds(_ transaction: EtcdTransaction, in keys: Keys) -> Bool {
        transaction.comparisons.allSatisfy { comparison in
            switch comparison {
            case .modified(let key, let revision): keys[key]?.modified ?? 0 == revision
            case .created(let key, let revision): keys[key]?.created ?? 0 == revision
            }
        }
    }

    private static func find(_ range: EtcdTransaction.KeyRange, in keys: Keys) -> EtcdAnswer.Found {
        guard let end = range.end else {
            return EtcdAnswer.Found(entries: keys[range.start].map { [$0] } ?? [])
        }
        let all = keys.values.filter { $0.key >= range.start && $0.key < end }.sorted { $0.key < $1.key }
        let isCut = range.limit > 0 && all.count > range.limit
        return EtcdAnswer.Found(entries: isCut ? Array(all.prefix(range.limit)) : all, hasMore: isCut)
    }
}
