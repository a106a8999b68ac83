import Foundation
import TestSupport

extension Command {
    /// One of the repository's scripts, with a home of its own and from a directory that is not the project's.
    init(script: String, _ arguments: [String] = [], in scratch: Scratch, environment: [String: String] = [:]) {
        self.init(["/usr/bin/env", "-C", scratch.file("run"), Repository.file("scripts/\(script)")] + arguments)
        self.environment = ["HOME": scratch.file("home"), "TMPDIR": scratch.file("run")].merging(environment) { $1 }
    }
}
