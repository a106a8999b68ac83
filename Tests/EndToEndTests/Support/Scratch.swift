import Foundation
import Glibc

/// A fresh directory for one test, which servers that drop their rights can reach. It goes away with this value.
///
///     etc/   settings and the servers' configuration
///     bin/   the executable under test
///     run/   sockets; the servers' user may write here
///     logs/  what the servers and the executable say
///     home/data   the data directory; not made here
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/khoins-e2e.XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        path = String(cString: made)
        chmod(path, 0o755)
        for name in ["etc", "bin", "run", "logs", "home"] { try makeDirectory(name) }
        for name in ["run", "logs", "home"] { ServerUser.own(file(name)) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    var data: DataDirectory { DataDirectory(path: file("home/data")) }
    var executable: String { file("bin/khoins-callback") }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
        // Other tests in this process may be setting the file mode mask at this moment.
        var path = self.path
        for part in name.split(separator: "/") {
            path += "/\(part)"
            chmod(path, 0o755)
        }
    }

    /// Writes a file that all may read, or the servers' user alone.
    @discardableResult
    func write(_ text: String, to name: String, secret: Bool = false) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        chmod(file(name), secret ? 0o600 : 0o644)
        if secret { ServerUser.own(file(name)) }
        return file(name)
    }

    /// Puts the executable under test in place, where the servers' user may run it.
    @discardableResult
    func installExecutable(in directory: String = "bin") throws -> String {
        let target = file("\(directory)/khoins-callback")
        if link(try TestBinary.path(), target) != 0 { try copyProgram(try TestBinary.path(), to: target) }
        return target
    }

    /// Writes a script that all may run.
    @discardableResult
    func writeProgram(_ script: String, to name: String) throws -> String {
        let draft = try write(script, to: "\(name).draft")
        chmod(draft, 0o755)
        try copyProgram(draft, to: file(name))
        unlink(draft)
        return file(name)
    }

    /// Another process copies: what this one has open for writing, a child that another test starts at that moment has
    /// open too, and then nobody can run the file ("Text file busy").
    private func copyProgram(_ source: String, to target: String) throws {
        let ending = try ChildProcess.run(
            Command("/bin/cp", "--preserve=mode", source, target), in: self, name: "cp")
        guard ending.status == 0 else { throw TestBinary.Missing(path: ending.errors) }
    }

    /// A settings file for this directory's data.
    @discardableResult
    func writeSettings(_ more: String = "", to name: String = "etc/khoins-callback.env") throws -> String {
        try write("KHOINS_DATA=\(data.path)\nKHOINS_TOKEN=\(secretToken)\n\(more)", to: name, secret: true)
    }

    /// Everything that was said, for the message of a failure.
    var logs: String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: file("logs"))) ?? []
        return names.sorted().map { name in
            let bytes = FileManager.default.contents(atPath: file("logs/\(name)")) ?? Data()
            return bytes.isEmpty ? "" : "--- \(name)\n\(String(decoding: bytes.suffix(2000), as: UTF8.self))\n"
        }.joined()
    }
}

/// The secret that these tests' callbacks carry.
let secretToken = "rahasia-4f1d2c9e7b"

/// A system call of a test's own failed.
struct SystemError: Error, CustomStringConvertible {
    var description: String

    init(_ call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}
