import Foundation
import TestSupport
import Testing

extension Faults {
    /// A disk tells of a write that failed once only. Whoever was told may have been killed, or was somebody else's program;
    /// from then on memory holds what the disk has not.
    @Suite(
        "A write that the disk lost",
        .enabled(if: Mount.Kind.ext4.isPossible, "ext4 cannot be mounted here, which needs root and a loop device"))
    struct LostWriteTests {
        enum Lost: CaseIterable {
            case record, expected, rejected, replaced
        }

        private static let checkpoint = ["archive", "--older-than", "2000-01-01"]

        private func run(_ lost: Lost, faults: [Fault] = []) throws -> [String] {
            let mount = try Mount(.ext4)
            let site = try Site(in: mount.path)
            site.leavesDamage()
            let tally = Tally()
            _ = try site.post(SentCallback("KH-1"), tally)
            let name: String
            switch lost {
            case .record: name = "transactions/KH-1.json"
            case .replaced:
                _ = try site.post(SentCallback("KH-1", "Refund"), tally)
                name = "transactions/KH-1.json"
            case .expected:
                try site.run(["expect", "KH-E"])
                name = "transactions/KH-E.json"
            case .rejected:
                _ = try site.post(SentCallback.rejected, tally)
                name = try #require(site.names(in: "rejected").first.map { "rejected/\($0)" })
            }
            sync()
            let bytes = try #require(site.bytes(of: name))
            try mount.loseWrite(of: Array(bytes.prefix(900)))
            #expect(site.bytes(of: name) == bytes, "memory still has it")
            #expect(try site.run(Self.checkpoint, faults: faults) == 0)
            #expect(site.names(in: "journal").contains(".checkpoint"))
            try mount.cutPower()
            try mount.unmount()
            try mount.mount()
            let problems = try site.problemsAfterRestart(tally)
            #expect(!problems.isEmpty || site.bytes(of: name) == bytes)
            FaultReport.add(
                "a write that the disk lost", faults: faults.isEmpty ? 1 : 0,
                acknowledged: faults.isEmpty ? tally.acknowledged : 0, problems: faults.isEmpty ? problems : [])
            return problems
        }

        @Test("is found out by the checkpoint, which writes it anew before it passes", arguments: Lost.allCases)
        func written(_ lost: Lost) throws {
            #expect(try run(lost) == [])
        }

        @Test(
            "is passed by a checkpoint that believes memory, and this test sees it",
            .enabled(if: Fault.canInject, "strace is not installed"), arguments: [Lost.record, .rejected])
        func believing(_ lost: Lost) throws {
            #expect(try run(lost, faults: [.pretend("fadvise64")]).isEmpty == false)
        }

        /// The second part of the same: one who was told of the error is killed before he has written it anew.
        @Test(
            "is found by the next checkpoint too, whoever was told first and killed",
            .enabled(if: Fault.canInject, "strace is not installed"), arguments: [1, 2, 3])
        func killed(_ number: Int) throws {
            let mount = try Mount(.ext4)
            let site = try Site(in: mount.path)
            let tally = Tally()
            for trxid in ["KH-1", "KH-2", "KH-3"] { _ = try site.post(SentCallback(trxid), tally) }
            sync()
            try mount.loseWrite(of: try #require(site.bytes(of: "transactions/KH-2.json")))
            let faults = [
                Fault(call: "sync_file_range", occurrence: .number(1), effect: .error("EIO")),
                .kill(at: "fadvise64", number),
            ]
            _ = try site.run(Self.checkpoint, faults: faults)
            // Where the first one has let go of the pages, the second one sees at once that it cannot be read.
            #expect(try site.run(Self.checkpoint) <= 1)
            try mount.cutPower()
            try mount.unmount()
            try mount.mount()
            #expect(try site.problemsAfterRestart(tally) == [])
        }
    }
}
