import Cluster
import Formats
import Journal
import System
import TestSupport
import Testing

@testable import Ledger

@Suite("What commits on a server of a cluster")
struct CommitterTests {
    private final class Store: EtcdStore {
        private let etcd = MemoryEtcd()

        func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer { etcd.commit(transaction) }
        func sizeInUse() throws(EtcdFailure) -> Int { 0 }
    }

    /// Found at full load: each checkpoint read the journal and all records anew, and synced the disk every two seconds, on
    /// all servers at once.
    @Test("remembers what was written, so that the checkpoint need not read it again")
    func remembers() throws {
        let scratch = try Scratch(.plain)
        let (path, store) = (scratch.file("data"), Store())
        try Administration(cluster: "x", store: store).begin("a")
        try Ledger(path: path).prepare()
        try Ledger(path: path).join("x", as: "a", at: .now)
        let identity = try #require(try Snapshot(lookingAt: path).journal.clusterIdentity())
        let committer = ClusterCommitter(identity, path: path, store: store, version: "1")
        try committer.start(didAppend: { _ in }, tell: { _ in })
        defer { committer.finish() }
        for number in 1...3 {
            let commit = committer.commit([Submission(EntryDraft(.expectation(.test("KH-\(number)"))))])
            #expect(commit.outcomes.allSatisfy { if case .success = $0 { true } else { false } })
        }
        #expect(committer.recent.writes(from: .first, to: Position(4)) != nil)
    }
}
