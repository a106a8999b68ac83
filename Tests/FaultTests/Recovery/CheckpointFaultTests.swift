import Foundation
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

extension Faults {
    @Suite("The checkpoint under faults", .enabled(if: Fault.canInject, "strace is not installed"))
    struct CheckpointFaultTests {
        /// A site whose next callback makes the checkpoint move, past KH-1 and a rejected delivery.
        private func site(_ tally: Tally) throws -> Site {
            let site = try Site()
            try KillScenario.journal(paddedTo: JournalFile.maximumLength / 2 - 1_000)(site, tally)
            _ = try site.post(SentCallback.rejected, tally)
            // The journal that was put there was recovered from, and so the checkpoint has moved.
            try site.remove("journal/.checkpoint")
            return site
        }

        private static let crossing = SentCallback("KH-2", serial: String(repeating: "7", count: 1_000))

        /// Regression: the kernel tells of such an error once, so the next checkpoint heard of none and moved.
        @Test("A record that the disk did not take is written anew before the checkpoint passes it")
        func errorOnce() throws {
            let tally = Tally()
            let site = try site(tally)
            let fault = Fault(call: "sync_file_range", occurrence: .number(1), effect: .error("EIO"))
            let answer = try site.post(Self.crossing, tally, faults: [fault])
            #expect(answer.status == 200)
            #expect(!answer.log.contains("event=failed"))
            #expect(site.hasCheckpoint)
            #expect(try site.problems(tally) == [])
        }

        @Test("The checkpoint stays while the disk takes nothing", arguments: ["sync_file_range", "syncfs", "fsync"])
        func errorAlways(_ call: String) throws {
            let tally = Tally()
            let site = try site(tally)
            let fault = Fault(call: call, occurrence: .every, effect: .error("EIO"))
            let answer = try site.post(Self.crossing, tally, faults: [fault])
            // It was out before: an answer does not wait for a checkpoint.
            #expect(answer.status == 200)
            #expect(answer.log.contains("event=failed"))
            #expect(!site.hasCheckpoint)
            #expect(try site.problemsAfterRestart(tally) == [])
        }

        @Test("Before it moves, what somebody deleted is put back")
        func deleted() throws {
            let tally = Tally()
            let site = try site(tally)
            try site.remove("transactions/KH-1.json")
            for name in site.names(in: "rejected") { try site.remove("rejected/\(name)") }
            #expect(try site.post(Self.crossing, tally).status == 200)
            #expect(site.hasCheckpoint)
            #expect(try site.problems(tally) == [])
        }

        /// Regression: it stopped the checkpoint for ever, so that each recovery would have taken longer.
        @Test("A directory in the place of one record does not stop it")
        func obstacle() throws {
            let tally = Tally()
            let site = try site(tally)
            try site.remove("transactions/KH-1.json")
            try FileManager.default.createDirectory(
                atPath: "\(site.data)/transactions/KH-1.json", withIntermediateDirectories: false)
            #expect(try site.post(Self.crossing, tally).status == 200)
            #expect(site.hasCheckpoint)
            #expect(try site.verify().output.hasPrefix("damaged\ttransactions/KH-1.json"))
        }

        /// Regression: as the directory in the place of one.
        @Test(
            "A record that may not be replaced does not stop it",
            .enabled(if: Site.canMakeImmutable, "chattr cannot make a file immutable here"))
        func immutable() throws {
            let tally = Tally()
            let site = try site(tally)
            try site.setImmutable(true, "transactions/KH-1.json")
            defer { try? site.setImmutable(false, "transactions/KH-1.json") }
            #expect(try site.post(SentCallback("KH-1"), tally).status == 503)
            #expect(try site.post(Self.crossing, tally).status == 200)
            #expect(site.hasCheckpoint)
            try site.setImmutable(false, "transactions/KH-1.json")
            #expect(try site.verify(repair: true).output.hasPrefix("repaired\ttransactions/KH-1.json"))
            #expect(try site.problems(tally) == [])
        }

        @Test("A record that could not be put in its place is, before the checkpoint passes it")
        func failedRename() throws {
            let tally = Tally()
            let site = try site(tally)
            let faults = ["renameat", "linkat"].map {
                Fault(call: $0, occurrence: .number(1), effect: .error("EISDIR"))
            }
            #expect(try site.post(SentCallback("KH-3"), tally, faults: faults).status == 503)
            #expect(site.record("KH-3") == nil)
            #expect(try site.post(Self.crossing, tally).status == 200)
            #expect(site.hasCheckpoint)
            #expect(site.record("KH-3")?.deliveries.count == 1)
            #expect(try site.problems(tally) == [])
        }

        /// Regression: mended records lie before the checkpoint, so no recovery looks at them.
        @Test(
            "What repair has mended survives a power cut",
            .enabled(if: !kinds.isEmpty, "neither ext4 nor xfs can be mounted here"), arguments: kinds)
        func repaired(_ kind: Mount.Kind) throws {
            let mount = try Mount(kind)
            let site = try Site(in: mount.path)
            let tally = Tally()
            try KillScenario.journal(paddedTo: JournalFile.maximumLength / 2 - 1_000)(site, tally)
            try site.remove("journal/.checkpoint")
            for number in 10..<30 { _ = try site.post(SentCallback("KH-\(number)"), tally) }
            #expect(site.hasCheckpoint)
            for number in 10..<20 { try site.write([], to: "transactions/KH-\(number).json") }
            sync()
            #expect(try site.verify(repair: true).status == 0)
            try mount.cutPower()
            try mount.unmount()
            try mount.mount()
            #expect(try site.problems(tally) == [])
        }

        private static let kinds = [Mount.Kind.ext4, .xfs].filter(\.isPossible)
    }
}

extension Site {
    var hasCheckpoint: Bool { names(in: "journal").contains(".checkpoint") }

    fileprivate static let canMakeImmutable: Bool = {
        guard let site = try? Site() else { return false }
        try? FileManager.default.createDirectory(atPath: site.data, withIntermediateDirectories: false)
        try? site.write([], to: "file")
        let isPossible = (try? site.setImmutable(true, "file")) != nil
        try? site.setImmutable(false, "file")
        return isPossible
    }()

    /// Makes a file one that nobody can replace or remove, or ends that.
    fileprivate func setImmutable(_ isImmutable: Bool, _ file: String) throws {
        let ending = try ChildProcess.run(Command("chattr", isImmutable ? "+i" : "-i", "\(data)/\(file)"))
        guard ending.status == 0 else { throw Mount.Refused(description: ending.errors) }
    }
}
