import Formats
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

extension Faults {
    /// The kernel tells of a write that the disk refused once to whoever asks about the file, and once to each who had
    /// opened something of the file system before and syncs that (syncfs(2), since Linux 5.8).
    @Suite(
        "A write that the disk refused", .looksInside,
        .enabled(if: !RefusingDisk.kinds.isEmpty, "that needs root, a loop device, fstrim and Linux 5.8"))
    struct RefusedWriteTests {
        private static let name = "transactions/KH-2.json"

        @Test(
            "is told to who has watched since before, whoever was told already: the record is written anew",
            arguments: RefusingDisk.kinds)
        func watched(_ kind: Mount.Kind) throws {
            let disk = try RefusingDisk(kind)
            func run() throws -> [UInt8] {
                let ledger = Ledger(path: disk.site.data)
                try disk.commit("KH-1", to: ledger)
                try ledger.watchWrites()
                try disk.commit("KH-2", "KH-3", to: ledger)
                let bytes = try #require(disk.site.bytes(of: Self.name))
                try disk.refuse(Self.name)
                #expect(throws: LedgerError.self) { try ledger.moveCheckpoint() }
                #expect(!disk.site.hasCheckpoint)
                #expect(try ledger.moveCheckpoint())
                #expect(disk.site.hasCheckpoint)
                return bytes
            }
            let bytes = try run()
            #expect(try disk.bytesAfterPowerCut(of: Self.name) == bytes)
        }

        @Test("is found out on the disk by who came later", arguments: RefusingDisk.kinds)
        func unwatched(_ kind: Mount.Kind) throws {
            let disk = try RefusingDisk(kind)
            try disk.commit("KH-1", "KH-2", to: Ledger(path: disk.site.data))
            let bytes = try #require(disk.site.bytes(of: Self.name))
            try disk.refuse(Self.name)
            #expect(try Ledger(path: disk.site.data).moveCheckpoint())
            #expect(try disk.bytesAfterPowerCut(of: Self.name) == bytes)
        }

        @Test(
            "is lost where a watch claims what was written before it, and these tests see it",
            arguments: RefusingDisk.kinds)
        func claimed(_ kind: Mount.Kind) throws {
            let disk = try RefusingDisk(kind)
            try disk.commit("KH-1", "KH-2", to: Ledger(path: disk.site.data))
            let bytes = try #require(disk.site.bytes(of: Self.name))
            try disk.refuse(Self.name)
            func pass() throws -> Bool {
                let ledger = Ledger(path: disk.site.data)
                try ledger.ordered().store.watch.begin(from: .first)
                return try ledger.moveCheckpoint()
            }
            #expect(try pass())
            #expect(try disk.bytesAfterPowerCut(of: Self.name) != bytes)
        }

        @Test("is not looked for on the disk among records that were watched")
        func reads() throws {
            let disk = try RefusingDisk()
            let ledger = Ledger(path: disk.site.data)
            try disk.commit("KH-1", to: ledger)
            try ledger.moveCheckpoint()
            try disk.commit("KH-2", "KH-3", to: ledger)
            let before = try disk.mount.reads
            #expect(try ledger.moveCheckpoint())
            #expect(try disk.mount.reads == before)
            try disk.commit("KH-4", to: ledger)
            #expect(try Ledger(path: disk.site.data).moveCheckpoint())
            #expect(try disk.mount.reads > before, "another process asks the disk")
        }

        @Test("is not looked for among what recovery has just written, but among what was there")
        func recovered() throws {
            let disk = try RefusingDisk()
            try disk.commit("KH-1", "KH-2", "KH-3", to: Ledger(path: disk.site.data))
            try disk.site.remove("journal/.note")
            for number in [1, 2] { try disk.site.remove("transactions/KH-\(number).json") }
            let before = try disk.mount.reads
            #expect(try Ledger(path: disk.site.data).moveCheckpoint())
            #expect(try disk.mount.reads == before + 1)
            #expect(disk.site.record("KH-2") != nil)
        }

        @Test("is not sure to be told of by a file system in memory")
        func otherFileSystems() throws {
            let mount = try Mount(.tmpfs)
            #expect(try !Directory(openingPath: mount.path).tellsOfFailedWrites)
        }
    }
}

/// A file system on a disk that has no room for anything new, when it is told to have none.
private final class RefusingDisk {
    static let kinds = [Mount.Kind.ext4, .xfs].filter { kind in
        guard let one = try? RefusingDisk(kind) else { return false }
        return (try? Directory(openingPath: one.mount.path).tellsOfFailedWrites) ?? false
    }

    private let disk: Mount
    let mount: Mount
    let site: Site

    init(_ kind: Mount.Kind = .ext4) throws {
        disk = try Mount(.tmpfs, megabytes: kind.size + 32)
        // A new block needs a new page of memory.
        mount = try Mount(kind, making: kind == .ext4 ? ["-b", "4096"] : [], in: disk.path)
        try mount.giveBackUnused()
        site = try Site(in: mount.path)
    }

    deinit { if mount.isMounted { try? mount.unmount() } }

    func commit(_ trxids: String..., to ledger: Ledger) throws {
        for trxid in trxids {
            let body = Array(SentCallback(trxid).body.utf8)
            let delivery = Delivery(body: body, receivedAt: .now, remoteAddress: "182.23.3.230")
            _ = try ledger.commit([Submission(delivery)]).outcomes[0].get()
        }
    }

    /// Has the disk refuse this file's data, and somebody else be told of it, who asks all there is to ask.
    func refuse(_ name: String) throws {
        let path = "\(site.data)/\(name)"
        let filler = "\(disk.path)/filler"
        try Self.fill(filler)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(fsync(file) != 0, "the disk takes nothing")
        unlink(filler)
        let directory = try Directory(openingPath: mount.path)
        #expect(throws: LedgerError.self) { try directory.syncFileSystem() }
        #expect(try directory.syncFileSystem() && fsync(file) == 0, "it is told once")
    }

    private static func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) == block.count {}
        guard errno == ENOSPC else { throw SystemFailure("write \(path)") }
    }

    /// The file after a power cut.
    func bytesAfterPowerCut(of name: String) throws -> [UInt8]? {
        try mount.cutPower()
        try mount.unmount()
        try mount.mount()
        return site.bytes(of: name)
    }
}
