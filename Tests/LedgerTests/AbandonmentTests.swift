import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// After a failed sync nobody can say what a file holds, so nothing is appended to it again.
@Suite("An abandoned journal file")
struct AbandonmentTests {
    private static let first = "journal/000000000001-20261122.jsonl"
    private static let second = "journal/000000000002-20261122.jsonl"

    /// What a process does whose write or sync fails: `target` takes the place of the journal file for a moment.
    ///
    /// - Parameter work: Done while the disk is at work.
    private func failToAppend(
        _ entry: JournalEntry, in folder: DataFolder, through target: String, while work: (() -> Void)? = nil
    ) throws -> LedgerError? {
        let others = folder.descriptors(of: Self.first)
        var failure: LedgerError?
        try folder.withSession { session in
            for descriptor in folder.descriptors(of: Self.first).subtracting(others) {
                let other = open(target, O_RDWR | O_CLOEXEC)
                #expect(dup2(other, descriptor) == descriptor)
                close(other)
            }
            do throws(LedgerError) {
                _ = try session.append([.init(EntryDraft(entry.content), updates: false)], besides: work != nil) { _ in
                    work?()
                }
            } catch {
                failure = error
            }
        }
        return failure
    }

    @Test(
        "is finished for every process, and a fragment in it does not count",
        arguments: [("/dev/null", "fdatasync"), ("/dev/full", "write")], [false, true])
    func abandoned(_ failing: (target: String, call: String), worksMeanwhile: Bool) throws {
        try withDataFolder { folder in
            let other = folder.ledger()
            _ = other.commit(.test("a"))
            let end = folder.length(of: Self.first)
            let entry = JournalEntry(.delivery(.test("lost")))
            let line = entry.line(2)
            var worked = 0
            let error = try failToAppend(
                entry, in: folder, through: failing.target, while: worksMeanwhile ? { worked += 1 } : nil)
            #expect(error?.explanation.hasPrefix(failing.call) == true)
            #expect(worked == (worksMeanwhile && failing.call == "fdatasync" ? 1 : 0))
            // What the failed sync may have left.
            try folder.append(line + line.prefix(50), to: Self.first)
            let fragmented = folder.bytes(Self.first)

            #expect(other.commit(.test("b")).map(\.change) == [.created])
            #expect(folder.ledger().commit(.test("c")).map(\.change) == [.created])
            #expect(folder.bytes(Self.first) == fragmented)
            let head = JournalLine.abandonment(of: JournalFileName(first: .first, at: .test()), behind: end)
            #expect(folder.bytes(Self.second)?.starts(with: head) == true)
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "c.json"])

            try folder.removeItem("journal/.lock")
            try folder.removeItem("transactions/b.json")
            try folder.ledger().prepare()
            #expect(folder.names(in: "transactions") == ["a.json", "b.json", "c.json"])
        }
    }

    @Test("may be abandoned again right away")
    func twice() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let entry = JournalEntry(.delivery(.test("lost")))
            for _ in 0..<2 { _ = try failToAppend(entry, in: folder, through: "/dev/null") }
            _ = folder.ledger().commit(.test("b"))
            #expect(folder.journalFiles.count == 2)
        }
    }

    /// The kernel forgets the mark of the mount when it drops an unused lock file from memory, too.
    @Test("stays finished though nobody can tell whether the file system was mounted anew")
    func forgottenMount() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let entry = JournalEntry(.delivery(.test("lost")))
            _ = try failToAppend(entry, in: folder, through: "/dev/null")
            try folder.append(entry.line(2), to: Self.first)
            let fragmented = folder.bytes(Self.first)
            try folder.forgetMount()
            #expect(folder.ledger().commit(.test("b")).map(\.change) == [.created])
            #expect(folder.bytes(Self.first) == fragmented)
            #expect(folder.names(in: "transactions") == ["a.json", "b.json"])
        }
    }

    @Test("is not made by a disk that is full: the journal stays as it was and goes on")
    func full() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"))
            let before = folder.bytes(Self.first)
            let large = Delivery.test(body: [UInt8](repeating: UInt8(ascii: "x"), count: 33 << 20))
            var error: LedgerError?
            try folder.withSession { session in
                try withFileSizeLimit(32 << 20) {
                    do throws(LedgerError) {
                        _ = try session.append([.init(EntryDraft(.delivery(large)), updates: false)]) { _ in }
                    } catch let failure {
                        error = failure
                    }
                }
            }
            #expect(error?.isNoSpace == true)
            #expect(error?.errno == EFBIG)
            // So large a line begins a file of its own.
            #expect(folder.bytes(Self.first) == before)
            #expect(folder.bytes(Self.second) == [])
            #expect(folder.ledger().commit(.test("b")).map(\.change) == [.created])
            #expect(folder.journalFiles == [Self.first, Self.second])
            #expect(folder.names(in: "transactions") == ["a.json", "b.json"])
        }
    }
}

extension DataFolder {
    /// The descriptors under which this process has a file open.
    fileprivate func descriptors(of name: String) -> Set<Int32> {
        var wanted = stat()
        guard stat(path(of: name), &wanted) == 0 else { return [] }
        let found = (Int32(3)..<1024).filter { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev
        }
        return Set(found)
    }
}
