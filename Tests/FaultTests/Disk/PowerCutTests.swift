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
            try cutOften(Mount(kind), "power cut, \(kind)")
        }

        @Test(
            "A power cut while records are archived loses none of them, and doubles none",
            .enabled(if: !kinds.isEmpty, "neither ext4 nor xfs can be mounted here"), arguments: kinds)
        func archiving(_ kind: Mount.Kind) throws {
            try cutOften(Mount(kind), "power cut while archiving, \(kind)", archives: true)
        }

        /// btrfs has no such ioctl. Its image is copied at one moment instead, which xfs can do; what the disk had been
        /// given by then is there, and nothing that came later.
        @Test(
            "What was acknowledged before a snapshot of a btrfs disk is in it, whole",
            .enabled(
                if: Mount.Kind.btrfs.isPossible && Mount.Kind.xfs.isPossible, "btrfs or xfs cannot be mounted here"))
        func snapshot() throws {
            let outer = try Mount(.xfs, megabytes: 1_500)
            try cutOften(Mount(.btrfs, in: outer.path), "power cut, btrfs (snapshot of the disk)", bySnapshot: true)
        }

        private func cutOften(
            _ mount: Mount, _ title: String, archives: Bool = false, bySnapshot: Bool = false
        ) throws {
            for number in 0..<Self.count {
                let cut = try PowerCut(mount, number: number, archives: archives)
                var snapshot: String?
                try cut.run { if bySnapshot { snapshot = try mount.snapshot() } else { try mount.cutPower() } }
                try mount.unmount()
                if let snapshot { try mount.replaceImage(with: snapshot) }
                try mount.mount()
                let problems = try cut.check()
                #expect(problems.isEmpty, "\(title), number \(number)")
                FaultReport.add(title, faults: 1, acknowledged: cut.promised.acknowledged, problems: problems)
            }
        }
    }
}
