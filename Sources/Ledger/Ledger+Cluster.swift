import Formats
import Journal
import System

/// Where one server of a cluster stands, as its journal tells.
package struct MemberState: Equatable, Sendable {
    package var identity: ClusterIdentity
    package var mark: AgreementMark
    /// Of the next entry.
    package var next: Position
}

extension Ledger {
    /// Brings the data directory into order, and tells where this server stands; `nil` where it is in no cluster. Throws
    /// `outOfStep` where entries that were agreed are missing at the journal's end.
    package func memberState() throws(LedgerError) -> MemberState? {
        try locked { (directory) throws(LedgerError) in
            let journal = directory.opened.journal
            guard let identity = try journal.clusterIdentity() else { return nil }
            guard directory.session.isOfCluster else { throw .ofCluster(path: path) }
            let agreed = try journal.agreed()
            let next = directory.session.next
            let expected = max(agreed?.position.next ?? .first, identity.origin)
            guard next == expected else {
                throw .outOfStep(
                    reason: "what was agreed ends before entry \(expected), and the journal before entry \(next)")
            }
            return MemberState(identity: identity, mark: agreed?.mark ?? AgreementMark(), next: next)
        }
    }

    /// Makes the data directory one of a cluster's: see `JournalSession.join`.
    package func join(
        _ cluster: String, as member: String, origin: Position? = nil, at time: Timestamp
    ) throws(LedgerError) {
        try locked { (directory) throws(LedgerError) in
            try directory.session.join(cluster, as: member, origin: origin, at: time)
        }
    }

    /// Makes the data directory one server's alone again.
    package func leaveCluster() throws(LedgerError) {
        try locked { (directory) throws(LedgerError) in try directory.session.leaveCluster() }
    }
}
