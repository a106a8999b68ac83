import Foundation
import Glibc
import Journal
import Ledger
import TestSupport
import Testing

/// A fresh directory for one test of a command, with a data directory in it.
extension Scratch {
    func read(absolute path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(_ bytes: some Collection<UInt8>, toAbsolute path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// The names in a directory, hidden ones too.
    func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(directory)).sorted()
    }

    /// Every file below the data directory with its bytes and time, to see that nothing changed.
    func snapshot() throws -> [String: String] {
        var files: [String: String] = [:]
        try forEachFile { name, status in
            files[name] = "\(status.st_mode) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return files
    }

    func makeDataDirectory() throws {
        try FileManager.default.createDirectory(atPath: data.path, withIntermediateDirectories: false)
    }

    /// Lets others read everything, and change nothing.
    func allowReading() throws {
        chmod(path, 0o777)
        chmod(data.path, 0o755)
        try forEachFile { name, status in
            chmod("\(data.path)/\(name)", status.st_mode & S_IFMT == S_IFDIR ? 0o755 : 0o644)
        }
    }

    func giveAway(to user: UInt32) throws {
        chmod(path, 0o755)
        lchown(data.path, user, user)
        try forEachFile { name, _ in lchown("\(data.path)/\(name)", user, user) }
    }

    /// Who owns what is in the data directory.
    func owners() throws -> Set<UInt32> {
        var owners: Set<UInt32> = []
        try forEachFile { owners.insert($1.st_uid) }
        return owners
    }

    private func forEachFile(_ body: (String, stat) -> Void) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: data.path) {
            var status = stat()
            lstat("\(data.path)/\(name)", &status)
            body(name, status)
        }
    }

    /// Stores deliveries as a server would, in batches; the data directory is made.
    func store(_ deliveries: [Delivery]) throws {
        let ledger = Ledger(path: data.path)
        try ledger.prepare()
        for start in stride(from: 0, to: deliveries.count, by: 256) {
            let batch = deliveries[start..<min(start + 256, deliveries.count)]
            for outcome in ledger.commit(batch.map { Submission($0) }).outcomes { _ = try outcome.get() }
        }
    }

    /// Changes a byte in a line of the newest journal file, counted from 1.
    func damageLine(_ number: Int) throws {
        let name = "data/journal/\(try #require(names("data/journal").last { $0.hasSuffix(".jsonl") }))"
        let bytes = try read(name)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        lines[number - 1][lines[number - 1].count / 2] ^= 1
        try write(Array(lines.joined(separator: [UInt8(ascii: "\n")])), to: name)
    }

    /// Looks now, and not on the way out alone, whether everything is as the journal says.
    func verify(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(try Verifier(path: data.path).findings() == [], sourceLocation: location)
    }
}
