import Foundation

/// The executable under test: the one that `KHOINS_TEST_BINARY` names, as `scripts/test` does with the static release
/// build, else the debug build beside the tests.
enum TestBinary {
    struct Missing: Error {
        var path: String
    }

    /// Whether the release build is under test.
    static let isRelease = ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"] != nil

    static func path() throws -> String {
        let given = ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"]
        let path = given ?? besideTests
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
        return path
    }

    /// The tests run as `…/debug/xctest-or-package-tests`; the products lie in the same directory.
    private static var besideTests: String {
        URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
            .appendingPathComponent("khoins-callback").path
    }
}

/// Files of the repository, which the tests run as they are.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static func file(_ name: String) -> String { "\(root)/\(name)" }
}
