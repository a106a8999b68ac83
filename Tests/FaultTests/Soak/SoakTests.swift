import Foundation
import TestSupport
import Testing

extension Faults {
    /// Load for a long time, and every few seconds a fault: `scripts/test --soak MINUTES`.
    @Suite("A soak")
    struct SoakTests {
        /// Seconds; none where nobody asks for it.
        private static let time: Double = {
            if let asked = ProcessInfo.processInfo.environment["KHOINS_TEST_SOAK_SECONDS"] { return Double(asked) ?? 0 }
            return FaultReport.isLong ? 60 : 0
        }()

        @Test(
            "files whatever it acknowledges, is never silent, and keeps neither memory nor descriptors",
            .enabled(if: time > 0, "scripts/test --soak MINUTES does it"),
            .enabled(if: geteuid() == 0 && Fault.canInject, "needs root and strace"),
            .enabled(if: Mount.Kind.ext4.isPossible, "ext4 cannot be mounted here"))
        func soak() throws {
            let soak = try Soak()
            try soak.run(for: Self.time)
            let result = try soak.end()
            #expect(result.problems.isEmpty)
            #expect(Set(result.statuses.keys).isSubset(of: [200, 400, 503]), "\(result.statuses)")
            #expect(result.longestSilence < 10, "\(result.longestSilence) s without any answer")
            #expect(Soak.isFlat(result.memory, tolerance: 24 << 20), "\(result.memory)")
            #expect(Soak.isFlat(result.descriptors, tolerance: 6), "\(result.descriptors)")
            FaultReport.add(
                "soak of \(Int(Self.time) / 60) minutes", faults: result.faults.values.reduce(0, +),
                acknowledged: result.acknowledged, problems: result.problems, note: result.words)
        }

        @Test("What grows is told from what only moves")
        func growth() {
            #expect(Soak.isFlat([50, 40, 60, 45, 55, 50, 41, 59, 50, 50], tolerance: 10))
            #expect(!Soak.isFlat((0..<100).map { 40 + $0 }, tolerance: 20))
        }
    }
}
