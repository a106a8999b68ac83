import Foundation
import Testing

extension Faults {
    @Suite("Power cuts")
    struct PowerCutTests {
        private static let kinds = [Mount.Kind.ext4, .xfs].filter(\.isPossible)
        private static let count = FaultReport.isLong ? 25 : 2

        @Test(
            "What was acknowledged before a power cut is there after it, whole",
            .enabled(if: !kinds.isEmpty, "neither ext4 nor xfs can be mounted here"), arguments: kinds)
        func cut(_ kind: Mount.Kind) throws {
            let mount = try Mount(kind)
            for number in 0..<Self.count {
                let cut = try PowerCut(mount, number: number)
                try cut.run { try mount.cutPower() }
                try mount.unmount()
                try mount.mount()
                let problems = try cut.check()
                #expect(problems.isEmpty, "cut \(number) of \(kind)")
                FaultReport.add(
                    "power cut, \(kind)", faults: 1, acknowledged: cut.promised.acknowledged, problems: problems)
            }
        }

        @Test(
            "A power cut while records are archived loses none of them, and doubles none",
            .enabled(if: !kinds.isEmpty, "neither ext4 nor xfs can be mounted here"), arguments: kinds)
        func archiving(_ kind: Mount.Kind) throws {
            let mount = try Mount(kind)
            for number in 0..<Self.count {
                let cut = try PowerCut(mount, number: number, archives: true)
                try cut.run { try mount.cutPower() }
                try mount.unmount()
                try mount.mount()
                let problems = try cut.check()
                #expect(problems.isEmpty, "cut \(number) of \(kind)")
                FaultReport.add(
                    "power cut while archiving, \(kind)", faults: 1, acknowledged: cut.promised.acknowledged,
                    problems: problems)
            }
        }

        /// btrfs has no such ioctl. Its image is copied at one moment instead, which xfs can do; what the disk had been
        /// given by then is there, and nothing that came later.
        @Test(
            "What was acknowledged before a snapshot of a btrfs disk is in it, whole",
            .enabled(
                if: Mount.Kind.btrfs.isPossible && Mount.Kind.xfs.isPossible, "btrfs or xfs cannot be mounted here"))
        func snapshot() throws {
            let outer = try Mount(.xfs, megabytes: 1_500)
            let mount = try Mount(.btrfs, in: outer.path)
            for number in 0..<Self.count {
                let cut = try PowerCut(mount, number: number)
                var snapshot = ""
                try cut.run { snapshot = try mount.snapshot() }
                try mount.unmount()
                try mount.replaceImage(with: snapshot)
                try mount.mount()
                let problems = try cut.check()
                #expect(problems.isEmpty, "snapshot \(number)")
                FaultReport.add(
                    "power cut, btrfs (snapshot of the disk)", faults: 1, acknowledged: cut.promised.acknowledged,
                    problems: problems)
            }
        }
    }
}
