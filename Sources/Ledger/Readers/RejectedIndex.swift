import Formats
import Journal
import System

/// What lies under `rejected/`, for telling whether a delivery is there already. Made once, and told of what is added.
package struct RejectedIndex: ~Copyable {
    private let store: RecordStore
    /// File names by the time that they begin with.
    private var names: [String: [String]]
    /// Hashes of what was added, which may be too much to keep.
    private var added: Set<Int>

    /// - Parameter path: A data directory, which need not be there.
    package init(path: String) throws(LedgerError) {
        let snapshot = try Snapshot(lookingAt: path)
        let store = snapshot.store
        var names: [String: [String]] = [:]
        for name in try store.rejectedNames() {
            names[String(name.prefix { $0 != "-" }), default: []].append(name)
        }
        self.store = store
        self.names = names
        added = []
    }

    /// Whether a delivery of this body, time and address is there, or was added.
    package func contains(_ delivery: Delivery) throws(LedgerError) -> Bool {
        if added.contains(Self.hash(delivery)) { return true }
        for name in names[delivery.compactTime] ?? [] {
            guard let bytes = try store.rejected(name), let value = try? JSONParser.parse(bytes) else { continue }
            if value.body == delivery.body, value["remoteAddress"]?.string == delivery.remoteAddress { return true }
        }
        return false
    }

    package mutating func add(_ delivery: Delivery) {
        added.insert(Self.hash(delivery))
    }

    private static func hash(_ delivery: Delivery) -> Int {
        var hasher = Hasher()
        hasher.combine(delivery.body)
        hasher.combine(delivery.receivedAt)
        hasher.combine(delivery.remoteAddress)
        return hasher.finalize()
    }
}
