import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// Entries that the servers of a cluster have agreed on, and nothing else, go into its journals.
@Suite("A server of a cluster")
struct AgreementTests {
    /// What a process leaves behind in a journal, and what the machine makes of it.
    enum Restart: CaseIterable {
        case process
        case machine

        func happen(to folder: DataFolder) throws {
            if self == .machine { try RecoveryTests.Restart.reboot.happen(to: folder) }
        }
    }

    /// The mark behind so many batches of one member.
    private func mark(_ number: Int) -> AgreementMark { AgreementMark(vector: ["a": number], chain: UInt32(number)) }

    /// Commits batches as agreed, all at once.
    @discardableResult
    private func commit(
        _ batches: [[Submission]], from number: Int, at start: Int, in folder: DataFolder
    ) -> Ledger.Commit {
        var marks: [Int: AgreementMark] = [:]
        var count = 0
        for (index, batch) in batches.enumerated() {
            count += batch.count
            marks[count - 1] = mark(number + index)
        }
        return folder.ledger().commit(
            batches.flatMap { $0 }, agreed: Agreement(start: .test(start), marks: marks))
    }

    private func joined(_ folder: DataFolder) throws {
        #expect(folder.ledger().commit(.test("old"), .test(body: [1])).count == 2)
        try folder.ledger().join("x", as: "a", at: .test())
    }

    @Test("knows after any restart how far it is", arguments: Restart.allCases)
    func state(_ restart: Restart) throws {
        try withDataFolder { folder in
            try joined(folder)
            try restart.happen(to: folder)
            let identity = ClusterIdentity(cluster: "x", member: "a", origin: .test(3))
            #expect(
                try folder.ledger().memberState()
                    == MemberState(identity: identity, mark: AgreementMark(), next: .test(3)))
            commit([[.test("1"), .test("2")], [.test("3")]], from: 1, at: 3, in: folder)
            try restart.happen(to: folder)
            #expect(
                try folder.ledger().memberState() == MemberState(identity: identity, mark: mark(2), next: .test(6)))
            #expect(folder.record("transactions/3.json")?.appliedUpTo == .test(5))
        }
    }

    @Test("takes nothing from anybody else, whatever was started since", arguments: Restart.allCases)
    func refused(_ restart: Restart) throws {
        try withDataFolder { folder in
            // This one was there before.
            let other = folder.ledger()
            #expect(other.commit(.test("before")).map(\.change) == [.created])
            try joined(folder)
            try restart.happen(to: folder)
            for ledger in [other, folder.ledger()] {
                #expect(ledger.commit(.test("new")).map(\.error) == [.ofCluster(path: folder.path)])
            }
            #expect(!folder.exists("transactions/new.json"))
            #expect(LedgerError.ofCluster(path: "x").isOfSetUp)
        }
    }

    @Test("takes nothing that would get another number than on other servers", arguments: [3, 5])
    func outOfStep(_ start: Int) throws {
        try withDataFolder { folder in
            try joined(folder)
            commit([[.test("1")]], from: 1, at: 3, in: folder)
            let commit = commit([[.test("2")]], from: 2, at: start, in: folder)
            #expect(commit.end == nil)
            var isOutOfStep = false
            if case .outOfStep? = commit.outcomes[0].error { isOutOfStep = true }
            #expect(isOutOfStep)
            #expect(try folder.ledger().memberState()?.next == .test(4))
        }
    }

    @Test("cuts off what was left of a batch, and nothing that came before the cluster", arguments: Restart.allCases)
    func partOfBatch(_ restart: Restart) throws {
        try withDataFolder { folder in
            try joined(folder)
            for isFirst in [true, false] {
                if !isFirst { commit([[.test("1"), .test("2")]], from: 1, at: 3, in: folder) }
                let next = isFirst ? 3 : 5
                if isFirst { try folder.beginJournalFile() }
                let file = try #require(folder.journalFiles.last)
                let whole = folder.bytes(file)
                let part = JournalEntry(.delivery(.test("never"))).line(next)
                try folder.append(part + part.prefix(20), to: file)
                try restart.happen(to: folder)
                #expect(try folder.ledger().memberState()?.next == .test(next))
                #expect(folder.bytes(file) == whole)
                #expect(!folder.exists("transactions/never.json"))
            }
            #expect(folder.record("transactions/old.json") != nil)
            #expect(commit([[.test("3")]], from: 2, at: 5, in: folder).outcomes.map(\.change) == [.created])
        }
    }

    @Test("journals an entry whose record something lies in the way of, and files it when that has gone")
    func obstacle() throws {
        try withDataFolder { folder in
            try joined(folder)
            try folder.makeDirectory("transactions/1.json")
            let commit = commit([[.test("1"), .test("2")]], from: 1, at: 3, in: folder)
            #expect(commit.end == .test(5) && commit.outcomes[0].error != nil)
            #expect(commit.outcomes[1].change == .created && commit.isCheckpointDue)
            #expect(folder.record("transactions/2.json")?.appliedUpTo == .test(4))
            try folder.removeItem("transactions/1.json")
            try folder.ledger().moveCheckpoint()
            #expect(folder.record("transactions/1.json")?.appliedUpTo == .test(3))
        }
    }

    @Test("journals an entry whose record is damaged, and makes that anew")
    func damagedRecord() throws {
        try withDataFolder { folder in
            try joined(folder)
            commit([[.test("1", "Pending")]], from: 1, at: 3, in: folder)
            try folder.write([1, 2, 3], to: "transactions/1.json")
            #expect(commit([[.test("1")]], from: 2, at: 4, in: folder).end == .test(5))
            try folder.ledger().moveCheckpoint()
            #expect(folder.record("transactions/1.json")?.deliveries.count == 2)
        }
    }

    @Test("makes the same records, however its batches come")
    func determinism() throws {
        var generator = SeededGenerator(seed: 7)
        var batches: [[Submission]] = []
        for _ in 0..<30 {
            batches.append(
                (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                    let trxid = "t\(Int.random(in: 0..<12, using: &generator))"
                    let status = ["Pending", "Success", "Failed", "Refund"].randomElement(using: &generator) ?? ""
                    return Int.random(in: 0..<9, using: &generator) == 0
                        ? Submission(.test(body: Array("no callback \(trxid)".utf8))) : .test(trxid, status)
                })
        }
        try withDataFolder { whole in
            try joined(whole)
            commit(batches, from: 1, at: 3, in: whole)
            try withDataFolder { pieces in
                try joined(pieces)
                var start = 3
                for (index, batch) in batches.enumerated() {
                    if index % 7 == 3 { try Restart.machine.happen(to: pieces) }
                    if index % 5 == 4 { try pieces.abandonJournalFile() }
                    if index % 6 == 5, let name = pieces.names(in: "transactions").first {
                        try pieces.removeItem("transactions/\(name)")
                        _ = try pieces.ledger().repair(try Verifier(path: pieces.path).findings())
                    }
                    #expect(commit([batch], from: index + 1, at: start, in: pieces).end != nil)
                    start += batch.count
                }
                #expect(whole.recordFiles == pieces.recordFiles)
                #expect(whole.recordFiles.count > 12)
            }
        }
    }

    @Test("is one server's again after it has left, and begins anew when it joins another")
    func left() throws {
        try withDataFolder { folder in
            try joined(folder)
            commit([[.test("1")]], from: 1, at: 3, in: folder)
            try folder.ledger().leaveCluster()
            #expect(try folder.ledger().memberState() == nil)
            #expect(folder.ledger().commit(.test("2")).map(\.change) == [.created])
            try folder.ledger().join("y", as: "b", at: .test())
            let state = try folder.ledger().memberState()
            #expect(state?.mark == AgreementMark() && state?.next == .test(5) && state?.identity.member == "b")
        }
    }

    @Test("keeps the bytes that another server has encoded")
    func sent() throws {
        let draft = EntryDraft(.delivery(.test("1")))
        let sent = try #require(EntryDraft(object: draft.object[...]))
        #expect(sent.object == draft.object && sent.content == draft.content)
        #expect(Submission(sent).rejection == nil)
        #expect(EntryDraft(object: Array("{}".utf8)[...]) == nil)
    }
}
