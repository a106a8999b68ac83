import Foundation
import Glibc
import Ledger
import System
import Testing

/// A fresh directory for one test, which servers that drop their rights can reach. It goes away with this value, after a
/// look at whether its data directory is in order.
///
///     etc/   settings and the servers' configuration
///     bin/   the executable under test
///     run/   sockets; the servers' user may write here
///     logs/  what the servers and the executable say
///     home/data   the data directory; not made here
package final class Scratch: Sendable {
    package enum Layout: Sendable {
        case servers
        /// Nothing but a data directory, `data`, once a test makes it.
        case plain
    }

    package let path: String
    private let layout: Layout
    private let source: SourceLocation
    private let isDamaged = Locked(false)

    package init(_ layout: Layout = .servers, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var template = Array("/tmp/khoins-test.XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemFailure("mkdtemp") }
        path = String(cString: made)
        self.layout = layout
        source = sourceLocation
        guard layout == .servers else { return }
        chmod(path, 0o755)
        for name in ["etc", "bin", "run", "logs", "home"] { try makeDirectory(name) }
        for name in ["run", "logs", "home"] { ServerUser.own(file(name)) }
    }

    deinit {
        // A test may have taken rights away, to see what happens.
        if !ServerUser.isRoot { chmod(data.path, 0o750) }
        if !isDamaged.withLock({ $0 }) { DataDirectory.expectOrder(data.path, sourceLocation: source) }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// For a test that leaves damage on purpose: nobody looks at the data directory on the way out.
    package func leavesDamage() {
        isDamaged.withLock { $0 = true }
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    package var data: DataDirectory { DataDirectory(path: file(layout == .servers ? "home/data" : "data")) }
    package var executable: String { file("bin/khoins-callback") }

    package func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
        // Other tests in this process may be setting the file mode mask at this moment.
        var path = self.path
        for part in name.split(separator: "/") {
            path += "/\(part)"
            chmod(path, 0o755)
        }
    }

    package func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// What a file says; nothing where it is missing.
    package func text(_ name: String) -> String { (try? read(name)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    package func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    @discardableResult
    package func write(_ bytes: some Collection<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// Writes a file that all may read, or the servers' user alone.
    @discardableResult
    package func write(_ text: String, to name: String, secret: Bool = false) throws -> String {
        try write(text.utf8, to: name)
        chmod(file(name), secret ? 0o600 : 0o644)
        if secret { ServerUser.own(file(name)) }
        return file(name)
    }

    /// Puts the executable under test in place, where the servers' user may run it.
    @discardableResult
    package func installExecutable(in directory: String = "bin") throws -> String {
        let target = file("\(directory)/khoins-callback")
        if link(try TestBinary.path(), target) != 0 { try copyProgram(try TestBinary.path(), to: target) }
        return target
    }

    /// Writes a script that all may run.
    @discardableResult
    package func writeProgram(_ script: String, to name: String) throws -> String {
        let draft = try write(script, to: "\(name).draft")
        chmod(draft, 0o755)
        try copyProgram(draft, to: file(name))
        unlink(draft)
        return file(name)
    }

    /// Another process copies: what this one has open for writing, a child that another test starts at that moment has
    /// open too, and then nobody can run the file ("Text file busy").
    private func copyProgram(_ source: String, to target: String) throws {
        let ending = try ChildProcess.run(Command("/bin/cp", "--preserve=mode", source, target), in: self, name: "cp")
        guard ending.status == 0 else { throw TestBinary.Missing(path: ending.errors) }
    }

    /// A settings file for this directory's data.
    @discardableResult
    package func writeSettings(_ more: String = "", to name: String = "etc/khoins-callback.env") throws -> String {
        try write("KHOINS_DATA=\(data.path)\nKHOINS_TOKEN=\(secretToken)\n\(more)", to: name, secret: true)
    }

    /// Where the program finds these settings.
    package var settings: [String: String] { ["KHOINS_SETTINGS": file("etc/khoins-callback.env")] }

    /// The program with these arguments and settings, as the servers' user runs it.
    package func command(_ arguments: [String] = []) -> Command {
        var command = Command([executable] + arguments).asServerUser
        command.environment = settings
        return command
    }

    /// Everything that was said, for the message of a failure.
    package var logs: String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: file("logs"))) ?? []
        return names.sorted().map { name in
            let bytes = FileManager.default.contents(atPath: file("logs/\(name)")) ?? Data()
            return bytes.isEmpty ? "" : "--- \(name)\n\(String(decoding: bytes.suffix(2000), as: UTF8.self))\n"
        }.joined()
    }
}

/// The secret that these tests' callbacks carry.
package let secretToken = "rahasia-4f1d2c9e7b"

extension DataDirectory {
    /// Every test leaves a directory in which everything is as the journal says.
    package static func expectOrder(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard access("\(path)/journal", F_OK) == 0 else { return }
        #expect(throws: Never.self, sourceLocation: sourceLocation) {
            let findings = try Verifier(path: path).findings()
            #expect(findings == [], sourceLocation: sourceLocation)
        }
    }
}
