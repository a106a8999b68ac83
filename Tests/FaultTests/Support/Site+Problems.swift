import Foundation
import Ledger
import TestSupport

extension Site {
    /// Brings the directory into order by one request, as the next callback would, and says everything that is not as
    /// it was promised.
    func problemsAfterRestart(_ tally: Tally) throws -> [String] {
        let health = try health()
        guard health.status == 200 else { return ["not healthy: \(health.log)"] }
        return try problems(tally)
    }

    /// Everything that is not as it was promised to those who sent what `tally` says.
    func problems(_ tally: Tally) throws -> [String] {
        var problems: [String] = []
        let verified = try verify()
        if verified.status != 0 { problems.append("verify: \(verified.output)\(verified.errors)") }
        problems += leftovers.map { "left over: \($0)" }
        let kept = keptBodies(&problems)
        for (body, count) in tally.all {
            let found = kept[body] ?? 0
            if found < count.acknowledged {
                problems.append("lost: \(count.acknowledged) acknowledged, \(found) there of \(body)")
            }
            if found > count.sent { problems.append("more than once: \(count.sent) sent, \(found) there of \(body)") }
        }
        return problems
    }

    /// Hidden files that a program which died has left.
    var leftovers: [String] {
        ["transactions", "topups", "rejected", "journal", "archive"].flatMap { folder in
            names(in: folder).filter { $0.hasPrefix(".") && ![".lock", ".note", ".checkpoint", ".index"].contains($0) }
                .map {
                    "\(folder)/\($0)"
                }
        }
    }

    /// How often each body is there, in records and under `rejected/`.
    private func keptBodies(_ problems: inout [String]) -> [String: Int] {
        var kept: [String: Int] = [:]
        var records = archivedRecords
        for name in names(in: "transactions") where name.hasSuffix(".json") {
            records["transactions/\(name)"] = bytes(of: "transactions/\(name)") ?? []
        }
        for (name, bytes) in records {
            guard let record = Record(json: bytes) else {
                problems.append("no whole record: \(name)")
                continue
            }
            var seen: Set<String> = []
            for delivery in record.deliveries {
                let body = String(decoding: delivery.body, as: UTF8.self)
                if !seen.insert(body).inserted { problems.append("one body listed twice in \(name)") }
                kept[body, default: 0] += delivery.count
            }
        }
        for name in names(in: "rejected") where name.hasSuffix(".json") {
            let bytes = bytes(of: "rejected/\(name)") ?? []
            let members = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            guard let body = members?["body"] as? String else {
                problems.append("no whole rejected delivery: \(name)")
                continue
            }
            kept[body, default: 0] += 1
        }
        return kept
    }

    /// What the archive has, by the name of the record's own file; the newest line counts.
    private var archivedRecords: [String: [UInt8]] {
        var records: [String: [UInt8]] = [:]
        for name in names(in: "archive") where name.hasSuffix(".jsonl") {
            for line in (bytes(of: "archive/\(name)") ?? []).split(separator: UInt8(ascii: "\n")) {
                let members = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                if let file = members?["file"] as? String { records[file] = Array(line) }
            }
        }
        return records
    }
}
