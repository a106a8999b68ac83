import Foundation
import Journal
import Ledger
import System

/// Counts over a whole run, for docs/results/faults.md: a table in Markdown, in the file that `KHOINS_FAULT_REPORT` names.
enum FaultReport {
    /// Whether the long tests are to run too, which need root and some minutes.
    static let isLong = ProcessInfo.processInfo.environment["KHOINS_TEST_FAULTS"] == "1"

    private struct Row {
        var faults = 0
        var acknowledged = 0
        var lost = 0
        var note = ""
    }

    private static let rows = Locked<[String: Row]>([:])

    /// Adds to a row of the table.
    ///
    /// - Parameters:
    ///   - faults: Faults that were tried.
    ///   - acknowledged: Callbacks answered with 200 or 400 and looked for afterwards.
    ///   - problems: What was not as promised.
    static func add(_ name: String, faults: Int, acknowledged: Int, problems: [String], note: String = "") {
        let table = rows.withLock { rows in
            rows[name, default: Row()].faults += faults
            rows[name, default: Row()].acknowledged += acknowledged
            rows[name, default: Row()].lost += problems.count { $0.hasPrefix("lost") }
            if !note.isEmpty { rows[name, default: Row()].note = note }
            return rows.sorted { $0.key < $1.key }.map { name, row in
                let counts = [row.faults, row.acknowledged, row.lost].map(grouped).joined(separator: " | ")
                return "| \(name) | \(counts) | \(row.note) |"
            }
        }
        guard let path = ProcessInfo.processInfo.environment["KHOINS_FAULT_REPORT"] else { return }
        let head = [
            "| what is done | faults | acknowledged callbacks checked | lost | |", "|---|--:|--:|--:|---|",
        ]
        try? Data(((head + table).joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    }

    /// `11,980`, whatever the machine's language.
    private static func grouped(_ number: Int) -> String {
        let digits = "\(number)"
        return digits.indices.reduce(into: "") { text, index in
            let rest = digits.distance(from: index, to: digits.endIndex)
            if index > digits.startIndex, rest.isMultiple(of: 3) { text += "," }
            text.append(digits[index])
        }
    }
}
