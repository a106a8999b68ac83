import Foundation
import Glibc

/// The executable under test: the one that `KHOINS_TEST_BINARY` names, as `scripts/test` does with the static release
/// build, else the debug build beside the tests.
package enum TestBinary {
    package struct Missing: Error {
        package var path: String
    }

    private static let given = ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"].flatMap {
        $0.isEmpty ? nil : $0
    }

    /// Whether the release build is under test.
    package static let isRelease = given != nil

    /// Where every user can run it, wherever the clone lies.
    package static func path() throws -> String { try reachable.get() }

    private static let reachable = Result { () throws -> String in
        guard let path = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw Missing(path: candidates.first ?? "")
        }
        return ServerUser.isRoot && !isReachable(path) ? try copy(of: path) : path
    }

    /// The tests run as `…/debug/xctest-or-package-tests`, or the runner names their bundle in its arguments; the
    /// products lie in the same directory.
    private static var candidates: [String] {
        if let given { return [given] }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        return (CommandLine.arguments.prefix(1) + [own] + bundles).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("khoins-callback").path
        }
    }

    /// Whether users that own nothing of it may run it: a clone may lie below a directory that is root's alone.
    static func isReachable(_ path: String) -> Bool {
        var url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        while true {
            var status = stat()
            guard stat(url.path, &status) == 0, status.st_mode & 0o001 != 0 else { return false }
            if url.path == "/" { return true }
            url.deleteLastPathComponent()
        }
    }

    /// Another process copies: what this one has open for writing, a child that another test starts at that moment has
    /// open too, and then nobody can run the file ("Text file busy").
    private static func copy(of path: String) throws -> String {
        var template = Array("/tmp/khoins-binary.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemFailure("mkdtemp") }
        chmod(made, 0o755)
        let copy = "\(String(cString: made))/khoins-callback"
        let ending = try ChildProcess.run(Command("/bin/cp", path, copy))
        guard ending.status == 0, chmod(copy, 0o755) == 0 else { throw Missing(path: ending.errors) }
        atexit {
            guard let path = try? TestBinary.path() else { return }
            unlink(path)
            rmdir(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        }
        return copy
    }
}

/// Files of the repository, which the tests run as they are.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    package static func file(_ name: String) -> String { "\(root)/\(name)" }
}
