import Formats
import FoundationEssentials
import Glibc
import Journal
import KHOINS
import Ledger
import System
import Testing

/// A fresh directory for one test, with a data directory in it. It goes away with this value.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/khoins-commands.XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError(call: "mkdtemp", code: errno) }
        path = String(cString: made)
    }

    deinit {
        // A test may have taken rights away, to see what happens.
        chmod(data, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    var data: String { "\(path)/data" }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ bytes: some Collection<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }

    func read(absolute path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    func write(_ bytes: some Collection<UInt8>, toAbsolute path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// Asks again and again until the thing itself says yes; the deadline only ends a failure.
    func wait(_ isSo: () throws -> Bool) throws {
        let start = ContinuousClock.now
        while try !isSo() {
            guard ContinuousClock.now - start < .seconds(60) else { throw SystemError(call: "wait", code: ETIMEDOUT) }
            usleep(5_000)
        }
    }

    /// The names in a directory, hidden ones too.
    func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(directory)).sorted()
    }

    /// Every file below the data directory with its bytes and time, to see that nothing changed.
    func snapshot() throws -> [String: String] {
        var files: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: data) {
            var status = stat()
            lstat("\(data)/\(name)", &status)
            files[name] = "\(status.st_mode) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return files
    }

    func makeDataDirectory() throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
    }

    /// Lets others read everything, and change nothing.
    func allowReading() throws {
        chmod(path, 0o777)
        chmod(data, 0o755)
        for name in try FileManager.default.subpathsOfDirectory(atPath: data) {
            var status = stat()
            lstat("\(data)/\(name)", &status)
            chmod("\(data)/\(name)", status.st_mode & S_IFMT == S_IFDIR ? 0o755 : 0o644)
        }
    }

    func giveAway(to user: UInt32) throws {
        chmod(path, 0o755)
        for name in try [""] + FileManager.default.subpathsOfDirectory(atPath: data) {
            lchown("\(data)/\(name)", user, user)
        }
    }

    /// Who owns what is in the data directory.
    func owners() throws -> Set<UInt32> {
        var owners: Set<UInt32> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: data) {
            var status = stat()
            lstat("\(data)/\(name)", &status)
            owners.insert(status.st_uid)
        }
        return owners
    }

    /// Stores deliveries as a server would, in batches; the data directory is made.
    func store(_ deliveries: [Delivery]) throws {
        let ledger = Ledger(path: data)
        try ledger.prepare()
        for start in stride(from: 0, to: deliveries.count, by: 256) {
            let batch = deliveries[start..<min(start + 256, deliveries.count)]
            for outcome in ledger.commit(batch.map { Submission($0) }).outcomes { _ = try outcome.get() }
        }
    }

    /// Every test leaves a directory in which everything is as the journal says.
    func verify(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(try Verifier(path: data).findings() == [], sourceLocation: location)
    }
}

struct SystemError: Error {
    var call: String
    var code: Int32
}

/// Whether the tests may act as others.
let isRoot = geteuid() == 0
