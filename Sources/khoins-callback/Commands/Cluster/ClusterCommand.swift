#if Cluster
    import ArgumentParser

    struct ClusterCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cluster",
            abstract: "Several servers that agree on one order, through etcd.",
            discussion: """
                Each server has an etcd of its own (KHOINS_CLUSTER) and one `serve`. Begin on a server that may have data \
                already, with init; the others join.
                """,
            subcommands: [
                ClusterInit.self, ClusterJoin.self, ClusterSeed.self, ClusterLeave.self, ClusterForget.self,
                ClusterStatus.self,
            ])
    }
#endif
