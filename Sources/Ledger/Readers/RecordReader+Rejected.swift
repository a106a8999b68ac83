import Formats
import System

/// A delivery that was no callback, as it lies under `rejected/`.
package struct StoredRejection: Sendable {
    /// The file, below the data directory.
    package var path: String
    /// The file's bytes.
    package var json: [UInt8]
    package var receivedAt: Timestamp
    package var remoteAddress: String
    /// How it came, where that was not as the body of a POST.
    package var method: String?
    package var query: String?
    /// What it seems to be about.
    package var ids: MentionedIDs
    /// Why it was rejected, in words.
    package var error: String
    package var body: [UInt8]

    /// `nil` for bytes that are no whole file of this kind.
    package init?(path: String, json: [UInt8]) {
        guard let value = try? JSONParser.parse(json), let body = value.body, let error = value["error"]?.string,
            let receivedAt = value["receivedAt"]?.string.flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        self.path = path
        self.json = json
        self.receivedAt = receivedAt
        self.error = error
        self.body = body
        remoteAddress = value["remoteAddress"]?.string ?? ""
        method = value["method"]?.string
        query = value["query"]?.string
        // Files of older versions do not say it.
        ids = MentionedIDs(body: body, query: query)
        if let trxid = value["trxid"]?.string { ids.trxid = trxid }
        if let memberid = value["memberid"]?.string { ids.memberid = memberid }
    }
}

/// How many deliveries were no callbacks.
package struct RejectionCount: Equatable, Sendable {
    package var count = 0
    package var newest: Timestamp?

    package init() {}
}

extension RecordReader {
    /// Hands over what was no callback, newest first, until `take` answers `false`.
    ///
    /// - Parameters:
    ///   - since: Leaves out what came before.
    ///   - until: Leaves out what came after.
    /// - Returns: How many files could not be read.
    @discardableResult
    package func rejected(
        since: Timestamp? = nil, until: Timestamp? = nil, _ take: (StoredRejection) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Int {
        var unreadable = 0
        for file in try store.rejectedFiles().reversed() {
            if let since, file.time < since { break }
            if let until, file.time > until { continue }
            guard let bytes = try store.rejected(file.name) else { continue }
            guard let stored = StoredRejection(path: "rejected/\(file.name)", json: bytes) else {
                unreadable += 1
                unread.paths.insert("\(DataDirectory.rejectedName)/\(file.name)")
                continue
            }
            if try !take(stored) { break }
        }
        return unreadable
    }

    /// Counts what was no callback, by the files' names alone.
    package func rejectionCount(since: Timestamp? = nil, until: Timestamp? = nil) throws(LedgerError) -> RejectionCount
    {
        try store.rejectionCount(since: since, until: until)
    }

    /// What was no callback and names an id, as a transaction's or as a member's, newest first. Linear in the number of
    /// rejected deliveries.
    package func rejected(naming id: String) throws(LedgerError) -> [StoredRejection] {
        var found: [StoredRejection] = []
        try rejected { stored in
            if stored.ids.trxid == id || stored.ids.memberid == id { found.append(stored) }
            return true
        }
        return found
    }
}

extension RecordStore {
    /// The files of rejected deliveries in the order in which those came. Records that were set aside lie there too, under
    /// names of another kind.
    func rejectedFiles() throws(LedgerError) -> [(name: String, time: Timestamp)] {
        let files = try rejectedNames().compactMap { name in Self.time(ofRejected: name).map { (name: name, time: $0) }
        }
        // Of those that came at once, longer names hold larger positions.
        return files.sorted { ($0.time, $0.name.utf8.count, $0.name) < ($1.time, $1.name.utf8.count, $1.name) }
    }

    package func rejectionCount(since: Timestamp? = nil, until: Timestamp? = nil) throws(LedgerError) -> RejectionCount
    {
        var count = RejectionCount()
        for name in try rejectedNames() {
            guard let time = Self.time(ofRejected: name), since.map({ time >= $0 }) ?? true,
                until.map({ time < $0 }) ?? true
            else { continue }
            count.count += 1
            count.newest = max(count.newest ?? time, time)
        }
        return count
    }

    /// The time in `20261122T081833.123456Z-….json`; `nil` for any other name.
    private static func time(ofRejected name: String) -> Timestamp? {
        guard name.hasSuffix(".json") else { return nil }
        let time = Array(name.utf8.prefix { $0 != UInt8(ascii: "-") })
        guard time.count == 23, name.utf8.count > time.count + ".json".utf8.count else { return nil }
        let text = String(decoding: time, as: UTF8.self)
        let date = text.prefix(8)
        let clock = text.dropFirst(9)
        return Timestamp(
            iso8601: "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-\(date.suffix(2))T"
                + "\(clock.prefix(2)):\(clock.dropFirst(2).prefix(2)):\(clock.dropFirst(4))")
    }
}

extension Snapshot {
    /// Counts what was no callback, by the files' names alone.
    package func rejectionCount() throws(LedgerError) -> RejectionCount { try store.rejectionCount() }
}
