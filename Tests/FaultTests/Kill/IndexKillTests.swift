import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Killed while the index is made", .enabled(if: Fault.canInject, "strace is not installed"))
    struct IndexKillTests {
        /// Callbacks that make a journal for which an index is worth it.
        private static let count = 2_600

        @Test("A maker that is killed at any system call leaves nothing that tells wrong figures")
        func kill() throws {
            let site = try Site()
            let lines = (1...Self.count).map { SentCallback("KH-\($0)", $0 % 40 == 0 ? "Pending" : "Success").body }
            try (lines.joined(separator: "\n") + "\n").write(
                toFile: "\(site.root)/log", atomically: false, encoding: .utf8)
            try site.run(["import", "\(site.root)/log"])
            let questions = [["stats", "--json"], ["list", "--status", "pending", "--json", "--all"]]
            let expected = try questions.map { try answer($0, site) }
            #expect(expected.allSatisfy { $0.contains("Pending") && $0.contains("KH-40") || $0.contains("\"count\"") })
            var kills = 0
            for call in Fault.changingCalls {
                for number in 1... {
                    try? FileManager.default.removeItem(atPath: "\(site.data)/.index")
                    let status = try site.run(["stats"], faults: [.kill(at: call, number)])
                    let isMade = FileManager.default.fileExists(atPath: "\(site.data)/.index")
                    for (question, told) in zip(questions, expected) {
                        #expect(try answer(question, site) == told, "killed at \(call) \(number), index \(isMade)")
                    }
                    if status != Ending.killed { break }
                    kills += 1
                }
            }
            // One that tries nothing would pass.
            #expect(kills >= 4)
            print("making the index: killed \(kills) times")
        }

        /// Without how long something waits, which goes on.
        private func answer(_ question: [String], _ site: Site) throws -> String {
            let ending = try ChildProcess.run(
                Command([try TestBinary.path()] + question, environment: site.environment()))
            #expect(ending.status == 0)
            return ending.output.split(separator: "\n").filter { !$0.contains("\"waiting\"") }.joined(separator: "\n")
        }
    }
}
