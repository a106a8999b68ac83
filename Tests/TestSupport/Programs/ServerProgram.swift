import Foundation
import Testing

/// A program of the system that a test needs. Where it is missing the test is left out, with a word why, and in CI it
/// fails: there, nothing may pass unseen.
package enum ServerProgram {
    package struct Missing: Error, CustomStringConvertible {
        package var description: String
    }

    private static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// Where a program lies; `nil` where it is not installed.
    package static func find(_ name: String) -> String? {
        directories.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }

    /// Where a program lies.
    package static func path(_ name: String) throws -> String {
        guard let place = find(name) else { throw Missing(description: "\(name) is not installed") }
        return place
    }

    /// Which of several are not here: names of programs, or paths of files that a program needs, such as a module.
    package static func missing(_ names: [String]) -> [String] {
        names.filter { $0.hasPrefix("/") ? !FileManager.default.fileExists(atPath: $0) : find($0) == nil }
    }

    /// Whether a test that needs something has to run, and to fail without it.
    package static let isRequired = isRequired(ProcessInfo.processInfo.environment)

    package static func isRequired(_ environment: [String: String]) -> Bool {
        ["CI", "KHOINS_TEST_REQUIRE_SERVERS"].contains { !["", "0", "false"].contains(environment[$0] ?? "") }
    }
}

extension Trait where Self == ConditionTrait {
    /// Leaves a test out that looks into a running program: at its descriptors, or by strace(1) at what its calls point to.
    /// The program lets nobody but root do that (prctl(2), PR_SET_DUMPABLE).
    package static var looksInside: Self { .enabled(if: ServerUser.isRoot, "only root can look into the program") }

    /// Leaves a test out where one of these is not installed, unless that is required.
    package static func needs(_ names: String...) -> Self { needs(names) }

    package static func needs(_ names: [String]) -> Self {
        let missing = ServerProgram.missing(names)
        let words = Comment(rawValue: "\(missing.joined(separator: ", ")) is not installed")
        return .enabled(if: missing.isEmpty || ServerProgram.isRequired, words)
    }
}
