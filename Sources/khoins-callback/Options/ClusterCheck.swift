import Formats
import Gateway
import Ledger
import Operations
import System

#if Cluster
    import Cluster
    import Journal
#endif

/// How it stands with the cluster that an installation is in.
enum ClusterCheck {
    /// Asks this server's own etcd.
    ///
    /// - Returns: `nil` where the data directory is in no cluster, and in the build for one server.
    static func overview(_ values: SettingValues, path: String, now: Timestamp) throws(LedgerError) -> ClusterOverview?
    {
        #if Cluster
            guard let identity = try ClusterSetUp.identity(path) else { return nil }
            do throws(Settings.Problem) {
                let store = EtcdClient(try ClusterSetUp.address(values))
                let agreed = try? Snapshot(lookingAt: path).journal.agreed()
                return ClusterOverview(identity, agreed: agreed, store: store, now: now)
            } catch {
                return ClusterOverview(identity, problem: error.sentence, now: now)
            }
        #else
            return nil
        #endif
    }

    /// What `check` says of it; `nil` for an installation that is alone.
    static func result(_ values: SettingValues, _ overview: ClusterOverview?) -> CheckResult? {
        guard let overview else {
            #if Cluster
                let words = "the data directory is in no cluster"
            #else
                let words = "this build serves one server alone: install the cluster build"
            #endif
            return values[.cluster].map { _ in CheckResult(.bad, "cluster", "KHOINS_CLUSTER is set, and \(words)") }
        }
        if let failure = overview.failure { return CheckResult(.bad, "cluster", failure) }
        if !overview.troubles.isEmpty {
            return CheckResult(.warning, "cluster", "\(overview.troubles.joined(separator: "; ")); \(overview.words)")
        }
        return CheckResult(.ok, "cluster", overview.words)
    }
}
