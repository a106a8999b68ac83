import TestSupport
import Testing

extension DataDirectory {
    /// A record's or rejected delivery's file without what differs from run to run.
    private func comparable(_ name: String) throws -> JSON {
        guard case .object(var members) = try json(name) else { return .null }
        for key in ["receivedAt", "lastReceivedAt", "journal", "schema"] { members[key] = nil }
        // The year is the one nearest to the day of the test.
        if let time = members["providerTime"]?.string { members["providerTime"] = .string(String(time.dropFirst(5))) }
        members["deliveries"] = nil
        return .object(members)
    }

    private func deliveries(_ name: String) throws -> [JSON] {
        try json(name)["deliveries"]?.array.map { delivery in
            guard case .object(var members) = delivery else { return .null }
            for key in ["receivedAt", "lastReceivedAt", "journal", "lastJournal"] { members[key] = nil }
            return .object(members)
        } ?? []
    }

    /// Compares with what the table of exchanges leaves behind.
    func expectRecordsOfTable() throws {
        var found: Set<String> = []
        for name in names("transactions", "topups") {
            let key = name.replacing(/\+[0-9a-f]{8}\.json$/, with: "+HEX.json")
            found.insert(key)
            guard let expected = ExpectedRecord.table[key] else { continue }
            #expect(try comparable(name) == expected.fields, "\(name)")
            #expect(try deliveries(name) == expected.deliveries, "\(name)")
            #expect(try json(name)["schema"] == 2)
            #expect(try json(name)["receivedAt"]?.string?.wholeMatch(of: Self.time) != nil)
        }
        #expect(found == Set(ExpectedRecord.table.keys))
    }

    private static var time: Regex<Substring> { /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/ }
    private static var rejectedName: Regex<Substring> { /rejected\/\d{8}T\d{6}\.\d{6}Z-.*\.json/ }

    /// Compares what was rejected and what was kept in the journal with the table.
    ///
    /// - Parameter errors: What the replies said, by exchange.
    func expectRejectedAndJournalOfTable(errors: [String: String]) throws {
        let rejected = Exchange.table.filter(\.isRejected)
        // Their names sort by time.
        let names = names("rejected")
        #expect(names.allSatisfy { $0.wholeMatch(of: Self.rejectedName) != nil }, "\(names)")
        try #require(names.count == rejected.count)
        for (name, exchange) in zip(names, rejected) {
            let members: [String: JSON] = [
                "remoteAddress": "127.0.0.1", "error": .string(errors[exchange.name] ?? ""),
                "body": .string(String(decoding: exchange.request.body, as: UTF8.self)),
            ]
            let kept = try comparable(name)
            #expect(kept == .object(members.merging(exchange.rejectedMembers) { $1 }), "\(exchange.name): \(kept)")
        }
        #expect(
            try journal() == Exchange.table.filter(\.isKept).map { Entry(from: "127.0.0.1", body: $0.request.body) })
    }
}
