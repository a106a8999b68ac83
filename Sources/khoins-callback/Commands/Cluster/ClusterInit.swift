#if Cluster
    import ArgumentParser
    import Cluster
    import Formats
    import Gateway
    import Journal
    import Ledger
    import Operations

    struct ClusterInit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Begin a cluster with this server.",
            discussion: """
                What the data directory holds stays. Stop the service before. With a directory that is in a cluster \
                already, of which etcd knows nothing any more, it makes that one anew in etcd: do that on the server that \
                is farthest, and seed the others.

                Example:
                  khoins-callback cluster init --name a
                """)

        @OptionGroup var options: ClusterOptions

        @Option(help: ArgumentHelp("This server's name in the cluster: a-z, 0-9 and -.", valueName: "name"))
        var name: String?

        @Option(help: ArgumentHelp("The cluster's own name; a random one unless given.", valueName: "id"))
        var id: String?

        func run() throws {
            try reportingRefusals {
                let client = try options.client()
                let path = try options.values().dataDirectory()
                if let known = try ClusterSetUp.identity(path) {
                    guard name ?? known.member == known.member, id ?? known.cluster == known.cluster else {
                        throw Settings.Problem("\(path) is \(known.member) in the cluster \(known.cluster) already")
                    }
                    try Administration(cluster: known.cluster, store: client).begin(known.member)
                    say(known.cluster, known.member)
                    return
                }
                guard let name else {
                    throw Settings.Problem("give this server a name in the cluster, such as --name a")
                }
                try checkName(name)
                let cluster = id ?? ClusterCommitter.word()
                try checkName(cluster)
                let (ledger, _) = try options.data.ledger()
                try ledger.prepare()
                try Administration(cluster: cluster, store: client).begin(name)
                try ledger.join(cluster, as: name, at: .now)
                say(cluster, name)
            }
        }

        private func say(_ cluster: String, _ member: String) {
            StandardOutput.writeWords("cluster \(cluster) begun, with \(member); start the service")
        }
    }

    /// Refuses a name that no key may have.
    func checkName(_ name: String) throws(Settings.Problem) {
        guard ClusterIdentity.isName(name) else {
            throw Settings.Problem("“\(name)” is no name: take 1 to 32 of a-z, 0-9 and -")
        }
    }
#endif
