import Formats
import System

/// What a queue's batches are committed by where this server's ledger alone may not decide: servers that agree on one order.
package protocol Committer: AnyObject, Sendable {
    /// What its ledger remembers of what it has written. Without that, each checkpoint would read the journal again.
    var recent: RecentWrites { get }

    /// Commits a batch; called by one thread at a time. A failure never says that nothing was stored: it may come later.
    func commit(_ submissions: [Submission]) -> Ledger.Commit

    /// Says why nothing could be committed now; `nil` if it could. Called as `commit` is.
    func probe() -> LedgerError?

    /// How the servers are that agree with this one, as it knows; `nil` while it knows nothing. Any thread may ask, and waits
    /// for nothing.
    func overview(_ now: Timestamp) -> ClusterOverview?

    /// Starts what it needs beside that, before anybody is served.
    ///
    /// - Parameters:
    ///   - didAppend: Called with what was appended to the journal, whoever it came from.
    ///   - tell: Called with what stands in the way, for the log; each thing once.
    func start(
        didAppend: @escaping @Sendable (Ledger.Commit) -> Void, tell: @escaping @Sendable (LedgerError) -> Void
    ) throws(Thread.Failure)

    /// Ends what can be ended in a moment, once nobody commits any more.
    func finish()
}
