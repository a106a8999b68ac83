#if Cluster
    import ArgumentParser
    import Cluster
    import Formats
    import Gateway
    import Glibc
    import Journal
    import Ledger
    import Operations
    import System

    struct ClusterJoin: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "join",
            abstract: "Come to a cluster as a new server.",
            discussion: """
                First everything is kept in etcd for this server. Then --copy runs: it copies the data directory of a \
                running server into this one's (KHOINS_DATA in its environment), records first, the journal last. Then \
                the copy is mended from its journal, and takes this server's name. Start the service after it.

                Example:
                  khoins-callback cluster join --name c --copy '/usr/lib/khoins-callback/copy-from a.example.com'
                """)

        @OptionGroup var options: ClusterOptions
        @OptionGroup var seeding: SeedingOptions

        @Option(help: ArgumentHelp("This server's name in the cluster: a-z, 0-9 and -.", valueName: "name"))
        var name: String

        func run() throws { try seeding.run(options, name: name, isNew: true) }
    }

    struct ClusterSeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "seed",
            abstract: "Bring a server back that lost its data or was left behind.",
            discussion: """
                As join does, for a server that the cluster knows. What its data directory holds is replaced by the copy: \
                move it away before, if you want to keep it. Stop the service before.

                Example:
                  khoins-callback cluster seed --name c --copy '/usr/lib/khoins-callback/copy-from a.example.com'
                """)

        @OptionGroup var options: ClusterOptions
        @OptionGroup var seeding: SeedingOptions

        @Option(help: ArgumentHelp("Its name, where the data directory does not tell it.", valueName: "name"))
        var name: String?

        func run() throws { try seeding.run(options, name: name, isNew: false) }
    }

    /// How a server gets another's data.
    struct SeedingOptions: ParsableArguments {
        @Option(help: ArgumentHelp("The cluster, where etcd knows several.", valueName: "id"))
        var id: String?

        @Option(
            help: ArgumentHelp("A shell command that copies a running server's data directory.", valueName: "command"))
        var copy: String?

        @Flag(help: "The copy was made by hand, after this command had been run without --copy.")
        var copied = false

        func validate() throws {
            if copied, copy != nil { throw ValidationError("Only one of --copy and --copied can be had.") }
        }

        func run(_ options: ClusterOptions, name given: String?, isNew: Bool) throws {
            try reportingRefusals {
                let client = try options.client()
                let path = try options.values().dataDirectory()
                let known = try? ClusterSetUp.identity(path)
                guard let name = given ?? (copied ? nil : known?.member) else {
                    throw Settings.Problem("give this server's name in the cluster, such as --name c")
                }
                try checkName(name)
                let cluster = try id ?? known?.cluster ?? Self.onlyCluster(client)
                let administration = Administration(cluster: cluster, store: client)
                if !copied {
                    let members = try administration.members()
                    if members?.standings[name] != nil, isNew {
                        throw Settings.Problem(
                            "the cluster has a member \(name) already: seed it, or take another name")
                    }
                    if members?.standings[name] == nil, !isNew {
                        throw Settings.Problem("the cluster has no member \(name): join it")
                    }
                    try administration.admit(name, life: ClusterCommitter.word())
                    guard let copy else {
                        StandardOutput.writeWords(
                            "everything is kept for \(name) now; copy a running server's data directory to \(path): transactions, topups, rejected, archive, and journal last. Then run this again with --copied"
                        )
                        return
                    }
                    try Self.run(copy, path)
                }
                try Self.take(path, cluster, as: name, options)
            }
        }

        /// The one cluster that an etcd knows.
        private static func onlyCluster(_ store: EtcdClient) throws -> String {
            var read = EtcdTransaction()
            let end = EtcdTransaction.end(of: ClusterKeys.root)
            read.success = [.range(.init(ClusterKeys.root, end, limit: 1))]
            func first() throws -> String? {
                do { return try ClusterKeys.cluster(ofKey: store.commit(read).found[0].entries.first?.key) } catch {
                    throw Administration.Refusal.noAnswer(error)
                }
            }
            guard let cluster = try first() else {
                throw Settings.Problem(
                    "etcd knows no cluster: begin one on another server with `khoins-callback cluster init`")
            }
            read.success = [.range(.init(EtcdTransaction.end(of: ClusterKeys(cluster: cluster).prefix), end, limit: 1))]
            guard try first() == nil else { throw Settings.Problem("etcd knows several clusters: name one with --id") }
            return cluster
        }

        private static func run(_ command: String, _ path: String) throws {
            let variables = ProcessInfoEnvironment.with("KHOINS_DATA", path)
            var program = try ChildProgram("/bin/sh", ["-c", command], environment: variables, input: STDIN_FILENO)
            program.read { StandardError.write(String(decoding: $0, as: UTF8.self)) }
            var ending = program.ending()
            while ending == nil {
                usleep(10_000)
                ending = program.ending()
            }
            guard ending == 0 else {
                throw Settings.Problem("the copy failed, and this server is not ready: run this again")
            }
        }

        /// Takes a copy of another server's directory for this one's.
        private static func take(_ path: String, _ cluster: String, as name: String, _ options: ClusterOptions) throws {
            guard let source = try ClusterSetUp.identity(path) else {
                throw Settings.Problem(
                    "\(path) holds no copy of a server of the cluster: its journal/.cluster is missing")
            }
            guard source.cluster == cluster else {
                throw Settings.Problem(
                    "\(path) holds a copy of a server of the cluster \(source.cluster), not of \(cluster)")
            }
            let (ledger, _) = try options.data.ledger()
            try ledger.join(cluster, as: name, origin: source.origin, at: .now)
            guard try ledger.memberState() != nil else { return }
            let left = try ledger.repair(Verifier(path: path).findings()).filter { !$0.isRepaired }
            if !left.isEmpty {
                StandardError.write(
                    "khoins-callback: \(left.count) things are not as the journal says: `khoins-callback verify` names them\n"
                )
            }
            StandardOutput.writeWords("\(name) has a copy that is in order; start the service")
        }
    }

    enum ProcessInfoEnvironment {
        /// This process's environment with one variable set, as programs take it.
        static func with(_ name: String, _ value: String) -> [String] {
            var variables = SettingsSource.environment
            variables[name] = value
            return variables.all.map { "\($0.name)=\($0.value)" }
        }
    }
#endif
