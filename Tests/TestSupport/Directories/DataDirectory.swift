import Foundation
import Glibc
import Testing

/// A data directory, looked at from outside, as a shop's own code does.
package struct DataDirectory {
    package var path: String

    package init(path: String) {
        self.path = path
    }

    /// A line of the journal.
    package struct Entry: Equatable {
        package var from: String
        package var body: [UInt8]

        package init(from: String, body: [UInt8]) {
            self.from = from
            self.body = body
        }
    }

    /// Paths of the files below some directories, without those that have a leading dot.
    package func names(_ directories: String...) -> [String] {
        directories.flatMap { directory in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(directory)")) ?? [])
                .filter { !$0.hasPrefix(".") }.sorted().map { "\(directory)/\($0)" }
        }
    }

    package func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    package func json(_ name: String) throws -> JSON { try JSON(bytes(name)) }

    /// What the journal holds, in order.
    package func journal() throws -> [Entry] {
        try names("journal").flatMap { try bytes($0).split(separator: UInt8(ascii: "\n")).map { try entry($0) } }
    }

    /// The journal's line of a number, as a record names it.
    package func entry(at number: JSON?) throws -> Entry {
        for name in names("journal") {
            for line in try bytes(name).split(separator: UInt8(ascii: "\n")) where try JSON(line)["n"] == number {
                return try entry(line)
            }
        }
        throw SystemFailure("no entry \(String(describing: number))")
    }

    private func entry(_ line: ArraySlice<UInt8>) throws -> Entry {
        let json = try JSON(line)
        return Entry(from: try #require(json["from"]?.string), body: try #require(json.body))
    }

    /// Says what is wrong with the directory, whatever was done to it: modes, leftovers, records and journal that do
    /// not agree.
    package func findings() throws -> [String] {
        var findings: [String] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) + ["."] {
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { throw SystemFailure("lstat \(name)") }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            // Who may only read the data must not hold the lock.
            let isOwn = ["journal/.lock", "journal/.handover"].contains(name)
            let mode: mode_t = isDirectory ? 0o750 : isOwn ? 0o600 : 0o640
            if status.st_mode & 0o7777 != mode {
                findings.append("\(name) has mode \(String(status.st_mode & 0o7777, radix: 8))")
            }
            let leaf = name.split(separator: "/").last ?? ""
            // The program's own, which a service makes when it is quiet.
            if leaf.hasPrefix("."), leaf != ".", name != ".index", !name.hasPrefix("journal/.") {
                findings.append("\(name) was left over")
            }
            if !isDirectory, status.st_size == 0, !name.hasPrefix("journal/.") { findings.append("\(name) is empty") }
        }
        var told: [[UInt8]] = []
        for name in names("transactions", "topups", "rejected") {
            let file = try json(name)
            for delivery in file["deliveries"]?.array ?? [file] {
                let (body, count) = (try #require(delivery.body), delivery["count"] ?? 1)
                if try entry(at: delivery["journal"]).body != body {
                    findings.append("\(name) names a wrong place in the journal")
                }
                if case .number(let count) = count { told += Array(repeating: body, count: count) }
            }
        }
        let inRecords = told.map { String(decoding: $0, as: UTF8.self) }.sorted()
        let inJournal = try journal().map { String(decoding: $0.body, as: UTF8.self) }.sorted()
        if inRecords != inJournal {
            findings.append("the journal has \(inJournal.count) deliveries, the records tell of \(inRecords.count)")
        }
        return findings
    }
}

extension JSON {
    /// The bytes of a body, kept as text or in base64.
    package var body: [UInt8]? {
        if let text = self["body"]?.string { return Array(text.utf8) }
        return self["bodyBase64"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
}
