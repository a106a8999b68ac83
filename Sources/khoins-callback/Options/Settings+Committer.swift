import Gateway
import Ledger

/// What commits in place of the ledger alone, where several servers agree on one order. (KHOINS_CLUSTER)
func committer(_ settings: Settings) throws(Settings.Problem) -> (any Committer)? {
    #if Cluster
        return try ClusterSetUp.committer(settings)
    #else
        if settings.cluster == nil { return nil }
        throw Settings.Problem(
            "KHOINS_CLUSTER is set, and this build serves one server alone: install the cluster build, or take the setting out"
        )
    #endif
}
