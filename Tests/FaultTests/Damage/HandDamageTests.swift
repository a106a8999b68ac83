import Foundation
import Ledger
import System
import TestSupport
import Testing

extension Faults {
    @Suite("Damage by hand")
    struct HandDamageTests {
        /// Damage to a directory that holds KH-1 (three deliveries), KH-2, KH-3 and one rejected delivery.
        struct Damage: CustomTestStringConvertible, Sendable {
            var testDescription: String
            /// What `verify` prints before the second tab.
            var findings: [String]
            /// What `verify` still prints after `--repair`.
            var remaining: [String] = []
            var isLossless = true
            var harm: @Sendable (Site) throws -> Void
        }

        static let all: [Damage] = [
            Damage(testDescription: "a record deleted", findings: ["missing\ttransactions/KH-1.json"]) {
                try $0.remove("transactions/KH-1.json")
            },
            Damage(testDescription: "a record emptied", findings: ["damaged\ttransactions/KH-1.json"]) {
                try $0.write([], to: "transactions/KH-1.json")
            },
            Damage(testDescription: "a record cut short", findings: ["damaged\ttransactions/KH-2.json"]) {
                try $0.write(
                    Array(($0.bytes(of: "transactions/KH-2.json") ?? []).dropLast(20)), to: "transactions/KH-2.json")
            },
            Damage(testDescription: "a status edited", findings: ["different\ttransactions/KH-2.json"]) {
                try $0.edit("transactions/KH-2.json", "\"status\": \"Gagal\"", "\"status\": \"Success\"")
            },
            Damage(testDescription: "white space added", findings: ["damaged\ttransactions/KH-2.json"]) {
                try $0.edit("transactions/KH-2.json", "{\n", "{ \n")
            },
            Damage(testDescription: "an older copy put back", findings: ["different\ttransactions/KH-1.json"]) {
                let older = try Site()
                _ = try older.post(SentCallback("KH-1", "Pending"), Tally())
                let record = try #require($0.record("KH-1"))
                var first = record
                first.deliveries = Array(record.deliveries.prefix(1))
                try $0.write(first.json, to: "transactions/KH-1.json")
            },
            Damage(
                testDescription: "all records deleted",
                findings: ["KH-1", "KH-2", "KH-3"].map { "missing\ttransactions/\($0).json" }
            ) {
                for name in $0.names(in: "transactions") { try $0.remove("transactions/\(name)") }
            },
            Damage(
                testDescription: "a stranger's file", findings: ["leftover\ttransactions/KH-9.json"],
                remaining: ["leftover\ttransactions/KH-9.json"]
            ) {
                try $0.write(Array("{}".utf8), to: "transactions/KH-9.json")
            },
            Damage(
                testDescription: "a directory in the place of a record", findings: ["damaged\ttransactions/KH-3.json"],
                remaining: ["damaged\ttransactions/KH-3.json"], isLossless: false
            ) {
                try $0.remove("transactions/KH-3.json")
                try FileManager.default.createDirectory(
                    atPath: "\($0.data)/transactions/KH-3.json", withIntermediateDirectories: false)
            },
            Damage(
                testDescription: "a line of the journal damaged in the middle",
                findings: ["journal\tjournal/FILE", "unknown\ttransactions/KH-2.json"],
                remaining: ["journal\tjournal/FILE", "unknown\ttransactions/KH-2.json"]
            ) {
                try $0.edit($0.journalFiles[0], "Gagal", "Gaxal")
            },
            Damage(
                testDescription: "the newest line about a record damaged",
                findings: ["journal\tjournal/FILE", "unknown\ttransactions/KH-1.json"],
                remaining: ["journal\tjournal/FILE", "unknown\ttransactions/KH-1.json"]
            ) {
                try $0.edit($0.journalFiles[0], "Refund", "Refxnd")
            },
            Damage(
                testDescription: "zeros in the middle of the journal",
                findings: ["journal\tjournal/FILE", "unknown\ttransactions/KH-2.json"],
                remaining: ["journal\tjournal/FILE", "unknown\ttransactions/KH-2.json"]
            ) {
                var bytes = $0.bytes(of: $0.journalFiles[0]) ?? []
                let lines = bytes.split(separator: UInt8(ascii: "\n"))
                for index in lines[3].indices { bytes[index] = 0 }
                try $0.overwrite($0.journalFiles[0], bytes)
            },
        ]

        @Test("verify names it, and repair mends what can be mended and nothing else", arguments: all)
        func damage(_ damage: Damage) throws {
            let site = try Site()
            let tally = Tally()
            for body in Self.bodies { _ = try site.post(body, tally) }
            let file = site.journalFiles[0].dropFirst(8)
            func lines(_ lines: [String]) -> [String] { lines.map { $0.replacing("FILE", with: file) } }
            try damage.harm(site)
            let harmed = try site.contents()

            let found = try site.verify()
            #expect(found.status == 1)
            #expect(Self.findings(found.output) == lines(damage.findings))
            #expect(try site.contents() == harmed, "verify changes nothing")

            let repaired = try site.verify(repair: true)
            #expect(repaired.status == (damage.remaining.isEmpty ? 0 : 1))
            let mended = Set(lines(damage.findings)).subtracting(lines(damage.remaining)).map {
                String($0.split(separator: "\t")[1])
            }
            let after = try site.contents()
            for (name, bytes) in harmed where !mended.contains(name) { #expect(after[name] == bytes, "\(name)") }
            let left = try site.verify()
            #expect(Self.findings(left.output) == lines(damage.remaining))
            #expect(left.status == (damage.remaining.isEmpty ? 0 : 1))

            // And the service goes on, whatever it was.
            #expect(try site.post(SentCallback("KH-1", "Gagal"), tally).status == 200)
            #expect(try site.post(SentCallback("KH-4"), tally).status == 200)
            if damage.isLossless {
                #expect(try site.problems(tally).allSatisfy { $0.hasPrefix("verify") || $0.hasPrefix("no whole") })
            }
            FaultReport.add("damage by hand", faults: 1, acknowledged: tally.acknowledged, problems: [])
        }

        private static let bodies = [
            SentCallback("KH-1", "Pending").body, SentCallback("KH-1").body, SentCallback("KH-1", "Refund").body,
            SentCallback("KH-2", "Gagal").body, SentCallback("KH-3").body, SentCallback.rejected,
        ]

        private static func findings(_ output: String) -> [String] {
            output.split(separator: "\n").map { line in
                line.split(separator: "\t").prefix(2).joined(separator: "\t")
            }
        }
    }
}

extension Site {
    /// Replaces words in a file without making it a new one.
    fileprivate func edit(_ file: String, _ old: String, _ new: String) throws {
        let text = String(decoding: bytes(of: file) ?? [], as: UTF8.self)
        try overwrite(file, Array(text.replacing(old, with: new, maxReplacements: 1).utf8))
    }

    fileprivate func overwrite(_ file: String, _ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(data)/\(file)"))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    /// All files that mean something.
    fileprivate func contents() throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for folder in ["transactions", "topups", "rejected", "journal"] {
            for name in names(in: folder) where !name.hasPrefix(".") {
                contents["\(folder)/\(name)"] = bytes(of: "\(folder)/\(name)") ?? []
            }
        }
        return contents
    }
}
