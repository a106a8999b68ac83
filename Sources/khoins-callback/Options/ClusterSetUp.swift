#if Cluster
    import Cluster
    import Gateway
    import Journal
    import Ledger
    import System

    /// What `serve` needs to be one of several servers.
    enum ClusterSetUp {
        /// Bytes of the largest body: escaped, it must still be one that etcd takes.
        static let maximumBody = 131_072

        static func address(_ values: SettingValues) throws(Settings.Problem) -> EtcdAddress {
            guard let url = try values.text(.cluster) else {
                throw Settings.Problem(
                    "no etcd: set KHOINS_CLUSTER (or --cluster) to this server's own, such as http://127.0.0.1:2379")
            }
            guard let address = EtcdAddress(url) else {
                throw Settings.Problem(
                    "KHOINS_CLUSTER (--cluster) must be a URL with a numeric address and a port, such as http://127.0.0.1:2379, not “\(url)”"
                )
            }
            return address
        }

        /// Which cluster a data directory is in; `nil` for none.
        static func identity(_ path: String) throws(LedgerError) -> ClusterIdentity? {
            try Snapshot(lookingAt: path).journal.clusterIdentity()
        }

        /// Commits by agreement where KHOINS_CLUSTER is set; `nil` where it is not.
        static func committer(_ settings: Settings) throws(Settings.Problem) -> (any Committer)? {
            guard let url = settings.cluster else { return nil }
            var values = SettingValues()
            values[.cluster] = url
            let address = try address(values)
            guard settings.maximumBody <= maximumBody else {
                throw Settings.Problem(
                    "KHOINS_MAX_BODY (--max-body) can be \(maximumBody) at most in a cluster: etcd takes no more at a time"
                )
            }
            let identity: ClusterIdentity?
            do throws(LedgerError) { identity = try Self.identity(settings.dataDirectory) } catch {
                throw Settings.Problem(error.explanation)
            }
            guard let identity else {
                throw Settings.Problem(
                    "KHOINS_CLUSTER is set, and the data directory \(settings.dataDirectory) is in no cluster: begin one with `khoins-callback cluster init`, or come to one with `khoins-callback cluster join`"
                )
            }
            return ClusterCommitter(
                identity, path: settings.dataDirectory, store: EtcdClient(address), version: Version.description)
        }
    }
#endif
