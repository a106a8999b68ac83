import Ledger

#if Cluster
    import Cluster
#endif

extension DataOption {
    /// How entries come into a cluster's data directory, to which `serve` alone adds; `nil` for one server's, whose ledger
    /// takes them.
    func service(_ path: String) throws -> (([Submission]) -> Ledger.Commit)? {
        #if Cluster
            if try ClusterSetUp.identity(path) != nil { return { HandOver(path: path).commit($0) } }
        #endif
        return nil
    }
}
