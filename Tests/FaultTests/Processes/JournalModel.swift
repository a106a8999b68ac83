import Foundation
import TestSupport

/// What the records must say, worked out from the journal's lines by the contract's words alone, with none of the
/// program's own code.
struct JournalModel {
    struct Record: Equatable {
        var status: String
        var reversed = false
        /// Each distinct body, in the order of first arrival, and how often it came.
        var counts: [[String: Int]] = []
    }

    private(set) var records: [String: Record] = [:]

    /// - Parameter site: Its journal's lines are all taken; none may have been given up.
    init(_ site: Site) throws {
        for file in site.journalFiles {
            for line in (site.bytes(of: file) ?? []).split(separator: UInt8(ascii: "\n")) {
                let entry = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                if let body = entry?["body"] as? String { apply(body) }
            }
        }
    }

    private mutating func apply(_ body: String) {
        guard let outer = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any],
            let trxid = outer["refid"] as? String, let message = outer["message"] as? String,
            let inner = try? JSONSerialization.jsonObject(with: Data(message.utf8)) as? [String: Any],
            let status = inner["status"] as? String
        else { return }
        guard var record = records[trxid] else {
            records[trxid] = Record(status: status, counts: [[body: 1]])
            return
        }
        if let index = record.counts.firstIndex(where: { $0[body] != nil }) {
            record.counts[index][body, default: 0] += 1
        } else {
            record.counts.append([body: 1])
            if status != "Pending" {
                if record.status != "Pending", record.status != status { record.reversed = true }
                record.status = status
            }
        }
        records[trxid] = record
    }

    /// Where the records on the disk are not what they must be.
    func problems(_ site: Site) throws -> [String] {
        var problems: [String] = []
        let files = site.names(in: "transactions").filter { $0.hasSuffix(".json") }
        if files.count != records.count { problems.append("\(files.count) records, \(records.count) in the journal") }
        for (trxid, expected) in records {
            let bytes = site.bytes(of: "transactions/\(trxid).json") ?? []
            let value = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            let deliveries = value?["deliveries"] as? [[String: Any]] ?? []
            let counts = deliveries.map { [$0["body"] as? String ?? "": $0["count"] as? Int ?? 0] }
            let found = Record(
                status: value?["status"] as? String ?? "", reversed: value?["reversed"] as? Bool ?? false,
                counts: counts)
            if found != expected { problems.append("lost or wrong: \(trxid) is \(found), not \(expected)") }
        }
        return problems
    }
}
