/// What an etcd does for a cluster: transactions, each of which is done at one moment, or not at all.
package protocol EtcdStore: AnyObject {
    /// Throws where no answer came: nobody knows then whether it was done, or whether it will be.
    func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer

    /// Bytes that its store really needs.
    func sizeInUse() throws(EtcdFailure) -> Int
}

/// Why there is no answer: unreachable, too late, without a leader, full.
package struct EtcdFailure: Error, Equatable, Sendable {
    package var reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// A transaction of etcd: if all comparisons hold, `success`, else `failure`.
package struct EtcdTransaction: Equatable, Sendable {
    /// Compares what the store says of a key with a revision: zero for a key that is not there.
    package enum Comparison: Equatable, Sendable {
        case modified(String, Int)
        case created(String, Int)
    }

    package enum Operation: Equatable, Sendable {
        case put(String, [UInt8])
        case range(KeyRange)
        /// All keys from the first up to the second.
        case delete(String, String)
    }

    /// The keys from `start` up to `end`, in their order; without an `end`, the one key. At most `limit`; zero is all.
    package struct KeyRange: Equatable, Sendable {
        package var start: String
        package var end: String?
        package var limit = 0

        package init(_ start: String, _ end: String? = nil, limit: Int = 0) {
            self.start = start
            self.end = end
            self.limit = limit
        }

        /// All keys that begin so.
        package static func all(below prefix: String) -> KeyRange { KeyRange(prefix, EtcdTransaction.end(of: prefix)) }
    }

    package var comparisons: [Comparison] = []
    package var success: [Operation] = []
    package var failure: [Operation] = []
    /// Only reads, and what its own etcd knows will do, though others may know more.
    package var isLocal = false

    package init() {}

    /// The first key behind all that begin so.
    package static func end(of prefix: String) -> String {
        var bytes = Array(prefix.utf8)
        if let last = bytes.popLast() { bytes.append(last + 1) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What became of a transaction.
package struct EtcdAnswer: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var key: String
        package var value: [UInt8]
        package var created: Int
        package var modified: Int

        package init(key: String, value: [UInt8], created: Int, modified: Int) {
            self.key = key
            self.value = value
            self.created = created
            self.modified = modified
        }
    }

    /// What a range has found.
    package struct Found: Equatable, Sendable {
        package var entries: [Entry]
        /// There are more keys than were asked for.
        package var hasMore: Bool

        package init(entries: [Entry], hasMore: Bool = false) {
            self.entries = entries
            self.hasMore = hasMore
        }
    }

    /// Of the store, when it was done.
    package var revision: Int
    package var succeeded: Bool
    /// One for each range of what was done, in order.
    package var found: [Found]

    package init(revision: Int, succeeded: Bool, found: [Found]) {
        self.revision = revision
        self.succeeded = succeeded
        self.found = found
    }
}
