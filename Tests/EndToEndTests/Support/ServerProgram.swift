import Foundation
import Testing

/// A program of the system that a test needs. Where it is missing the test is skipped, and in CI it fails: there,
/// nothing may pass unseen.
enum ServerProgram {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// Where a program lies.
    static func path(_ name: String) throws -> String {
        let places = directories.map { "\($0)/\(name)" }
        guard let place = places.first(where: FileManager.default.isExecutableFile) else { try missing(name) }
        return place
    }

    /// Checks for a file that a program needs, such as a module.
    static func require(_ file: String) throws {
        if !FileManager.default.fileExists(atPath: file) { try missing(file) }
    }

    static func missing(_ name: String) throws -> Never {
        guard !isRequired(ProcessInfo.processInfo.environment) else {
            throw Missing(description: "\(name) is not installed")
        }
        try Test.cancel("\(name) is not installed")
    }

    static func isRequired(_ environment: [String: String]) -> Bool {
        ["CI", "KHOINS_TEST_REQUIRE_SERVERS"].contains { !["", "0", "false"].contains(environment[$0] ?? "") }
    }
}
