#if Cluster
    import ArgumentParser
    import Cluster
    import Gateway
    import Journal
    import Ledger

    /// The data directory, and this server's own etcd.
    struct ClusterOptions: ParsableArguments {
        @OptionGroup var data: DataOption

        @Option(
            help: ArgumentHelp(
                "This server's own etcd, such as http://127.0.0.1:2379 (KHOINS_CLUSTER).", valueName: "url")
        )
        var cluster: String?

        func values() throws(Settings.Problem) -> SettingValues {
            var values = try data.values()
            values[.cluster] = cluster
            return values
        }

        func client() throws -> EtcdClient { try EtcdClient(ClusterSetUp.address(values())) }

        /// The cluster of the data directory.
        func identity() throws -> ClusterIdentity {
            let path = try values().dataDirectory()
            guard let identity = try ClusterSetUp.identity(path) else {
                throw Settings.Problem("the data directory \(path) is in no cluster")
            }
            return identity
        }
    }

    /// Runs what changes a cluster; says in one sentence why it was not done.
    func reportingRefusals<Value>(_ work: () throws -> Value) throws -> Value {
        try reportingProblems {
            do { return try work() } catch let refusal as Administration.Refusal {
                throw Settings.Problem(refusal.sentence)
            }
        }
    }
#endif
