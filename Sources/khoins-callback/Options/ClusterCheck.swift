import Gateway
import Ledger
import Operations
import System

#if Cluster
    import Cluster
    import Journal
#endif

/// How it stands with the cluster that this installation is in, for `check`.
enum ClusterCheck {
    /// `nil` for an installation that is alone.
    static func result(_ values: SettingValues) -> CheckResult? {
        #if Cluster
            do {
                let identity = try values[.data].flatMap { try ClusterSetUp.identity($0) }
                guard let identity else {
                    return values[.cluster].map { _ in
                        CheckResult(.bad, "cluster", "KHOINS_CLUSTER is set, and the data directory is in no cluster")
                    }
                }
                let client = EtcdClient(try ClusterSetUp.address(values))
                return result(ClusterOverview(identity, agreed: nil, store: client))
            } catch let problem as Settings.Problem {
                return CheckResult(.bad, "cluster", problem.sentence)
            } catch {
                return CheckResult(.bad, "cluster", (error as? LedgerError)?.explanation ?? "\(error)")
            }
        #else
            return values[.cluster].map { _ in
                CheckResult(
                    .bad, "cluster",
                    "KHOINS_CLUSTER is set, and this build serves one server alone: install the cluster build")
            }
        #endif
    }

    #if Cluster
        private static func result(_ overview: ClusterOverview) -> CheckResult {
            if let problem = overview.problem {
                return CheckResult(.bad, "cluster", "its etcd gives no answer: \(problem)")
            }
            let late = overview.rows.filter(\.needsLook).map(\.name)
            let names = overview.rows.map(\.name).joined(separator: ", ")
            if !late.isEmpty {
                let words = "\(late.joined(separator: ", ")) of \(names): `khoins-callback cluster status` says how far"
                return CheckResult(.warning, "cluster", words)
            }
            return CheckResult(.ok, "cluster", "\(names); this is \(overview.identity.member)")
        }
    #endif
}
