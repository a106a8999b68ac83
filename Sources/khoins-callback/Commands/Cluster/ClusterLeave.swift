#if Cluster
    import ArgumentParser
    import Cluster
    import Gateway
    import Journal
    import Ledger
    import Operations

    struct ClusterLeave: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "leave",
            abstract: "Take this server out, or another one that is dead.",
            discussion: """
                This server's data directory is one server's alone again. Stop its service before. The others go on, and \
                still read what it has sent; when they have, `forget` takes its name out.

                Examples:
                  khoins-callback cluster leave
                  khoins-callback cluster leave c
                """)

        @Argument(help: ArgumentHelp("Another server, which is dead.", valueName: "name"))
        var name: String?

        @OptionGroup var options: ClusterOptions

        func run() throws {
            try reportingRefusals {
                let identity = try options.identity()
                let administration = Administration(cluster: identity.cluster, store: try options.client())
                if let name, name != identity.member {
                    try administration.dismiss(name)
                    StandardOutput.writeWords("\(name) is gone; seed it before it may come back")
                    return
                }
                let (ledger, _) = try options.data.ledger()
                if let state = try ledger.memberState(), try administration.hasMore(than: state.mark) {
                    throw Settings.Problem(
                        "this server has not applied everything: start the service for a moment, stop it, and try again"
                    )
                }
                try administration.dismiss(identity.member)
                try ledger.leaveCluster()
                StandardOutput.writeWords(
                    "\(identity.member) has left; unset KHOINS_CLUSTER before the service is started")
            }
        }
    }

    struct ClusterForget: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Take the name of a server out that has left.",
            discussion: """
                Example:
                  khoins-callback cluster forget c
                """)

        @Argument(help: ArgumentHelp("A server that is gone.", valueName: "name"))
        var name: String

        @OptionGroup var options: ClusterOptions

        func run() throws {
            try reportingRefusals {
                let identity = try options.identity()
                try Administration(cluster: identity.cluster, store: try options.client()).forget(name)
                StandardOutput.writeWords("\(name) is forgotten")
            }
        }
    }
#endif
