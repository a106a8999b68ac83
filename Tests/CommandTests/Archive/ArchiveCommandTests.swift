import Formats
import Glibc
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("archive")
struct ArchiveCommandTests {
    private static let strace = "/usr/bin/strace"

    /// The trxids of all whole lines.
    private func archived(_ data: String) throws -> [String] {
        guard let directory = try RecordStore(lookingAt: data).rootDirectory(ArchiveMonth.directoryName) else {
            return []
        }
        var names: [String] = []
        for month in try directory.archiveMonths() {
            try ArchiveFile(month, in: directory)?.read { piece in
                if case .line(_, let name, _) = piece { names.append(String(name.file.dropLast(5))) }
                return true
            }
        }
        return names
    }

    @Test("says what it did")
    func summary() throws {
        let installation = try FollowedDirectory()
        for trxid in ["a", "b"] { installation.store(trxid) }
        installation.store("p", "Pending")
        let program = try installation.start("archive", "--older-than", "0s")
        #expect(try program.ending().status == 0)
        let numbers = program.lines.map { $0.replacing(#/[0-9]{3,} (archived|removed)/#) { "N \($0.output.1)" } }
        // The callbacks' own time is in the future or the past of the machine's.
        let count = FollowedDirectory.time(0) < .now ? 2 : 0
        #expect(
            numbers == [
                "archived records       \(count)", "archive files          \(count / 2), \(count / 2) new",
                "journal files dropped  0",
                count == 0
                    ? "bytes                  0 archived, 0 removed" : "bytes                  N archived, N removed",
                "inodes freed           \(count / 2)",
            ])
        #expect(program.errors == "")
        #expect(try installation.findings() == [])
    }

    @Test(
        "says what is wrong with how it was called",
        arguments: [([], 64), (["--older-than", "soon"], 64), (["--older-than", "90"], 64)] as [([String], Int32)])
    func usage(arguments: [String], status: Int32) throws {
        let installation = try FollowedDirectory()
        let program = try installation.shell(#""$exe" archive \#(arguments.joined(separator: " "))"#)
        #expect(try program.ending().status == status)
    }

    /// Calls by which a run changes or makes durable anything.
    static let calls = [
        "openat", "mkdirat", "pwrite64", "write", "fsync", "fdatasync", "syncfs", "sync_file_range", "renameat",
        "unlinkat", "ftruncate", "flock",
    ]

    @Test(
        "loses and doubles nothing, whichever call it is killed at",
        .enabled(if: access(strace, X_OK) == 0), arguments: calls)
    func killed(call: String) throws {
        let installation = try FollowedDirectory()
        let old = FollowedDirectory.time(-200 * 86_400)
        func store(_ trxid: String, _ status: String) {
            let body = #"{"refid":"\#(trxid)","message":"{\"status\":\"\#(status)\"}"}"#
            installation.store(Delivery(body: Array(body.utf8), receivedAt: old, remoteAddress: "182.23.3.230"))
        }
        for trxid in ["a", "b", "c"] { store(trxid, "Success") }
        // One that was archived before and is live again, two journal files that can go, and one that must stay.
        _ = try Ledger(path: installation.data).archive(olderThan: FollowedDirectory.time(-86_400))
        try installation.beginJournalFile()
        store("a", "Gagal")
        store("d", "Success")
        try installation.beginJournalFile()
        store("p", "Pending")
        try #require(try installation.shell("cp -a data before").ending().status == 0)
        let records = Set(try installation.changes().map(\.name))
        let expected = try content(records, installation.data)
        #expect(expected.count == 5)

        var number = 0
        while true {
            number += 1
            let run = try installation.shell(
                #"rm -rf data && cp -a before data && strace -f -o trace -e trace=\#(call) -e inject=\#(call):signal=KILL:when=\#(number) "$exe" archive --older-than 90d"#
            )
            let status = try run.ending().status
            #expect(try content(records, installation.data) == expected, "\(call) \(number)")
            #expect(try installation.findings().filter { $0.kind != .archive } == [], "\(call) \(number)")
            // The next run goes on; a late callback finds all that the record held.
            _ = try Ledger(path: installation.data).archive(olderThan: FollowedDirectory.time(-86_400))
            #expect(try content(records, installation.data) == expected, "\(call) \(number)")
            #expect(try archived(installation.data).sorted() == ["a", "a", "b", "c", "d"], "\(call) \(number)")
            #expect(try installation.findings() == [], "\(call) \(number)")
            store("a", "Refund")
            #expect(
                Record(json: Array(installation.text("data/transactions/a.json").utf8))?.deliveries.count == 3,
                "\(call) \(number)")
            if status == 0 { break }
            try #require(status == 137, "\(run.errors)")
        }
        #expect(number > 1 || !["openat", "pwrite64", "fsync", "renameat", "unlinkat", "flock"].contains(call))
    }

    /// What a look-up finds under each name.
    private func content(_ names: Set<RecordName>, _ data: String) throws -> [String: [UInt8]] {
        let store = try RecordStore(lookingAt: data)
        var content: [String: [UInt8]] = [:]
        for name in names {
            if case .record(let record) = try store.load(name) { content[name.path] = record.json }
        }
        return content
    }
}
