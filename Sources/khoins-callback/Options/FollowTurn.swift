#if Cluster
    import Cluster
    import Gateway
    import Glibc
    import Journal
    import Ledger
    import Operations
    import System

    /// A follower that tells the shop, in its turn among those of a cluster's servers.
    final class FollowTurn: @unchecked Sendable {
        // The lease is touched by one thread at a time: by the one that waits for it, then by the one that renews it.

        /// Seconds for which a run that ends waits for its turn.
        private static let patience = 20

        private let lease: FollowerLease
        private let path: String
        private let name: String
        private let hasEnded = Semaphore()
        private let isDone = Semaphore()

        private init(_ lease: FollowerLease, _ path: String, _ name: String) {
            (self.lease, self.path, self.name) = (lease, path, name)
        }

        /// Waits until this server is the one that tells the shop.
        ///
        /// - Returns: Nothing where the data directory is in no cluster, or where a run that ends has to leave it to another
        ///   server; then `isOthers`.
        static func wait(
            _ values: SettingValues, _ path: String, cursor name: String, ends: Bool
        ) throws -> (turn: FollowTurn?, isOthers: Bool) {
            guard let identity = try ClusterSetUp.identity(path) else { return (nil, false) }
            let store = EtcdClient(try ClusterSetUp.address(values))
            let lease = FollowerLease(
                name, of: identity.cluster, member: identity.member, word: ClusterCommitter.word(), store: store)
            let turn = FollowTurn(lease, path, name)
            let deadline = ends ? Deadline(seconds: patience) : nil
            var told: String?
            while true {
                var words: String
                do {
                    switch try lease.attempt(now: Clock.nanoseconds) {
                    case .held(let cursor):
                        try turn.begin(at: cursor)
                        return (turn, false)
                    case .other(let holder): words = "\(holder) tells the shop; this server waits for its turn"
                    }
                } catch let failure as EtcdFailure {
                    words = "etcd gives no answer: \(failure.reason)"
                }
                if told != words { StandardError.write("khoins-callback: \(words)\n") }
                told = words
                if deadline?.hasPassed ?? false { return (nil, true) }
                usleep(1_000_000)
            }
        }

        /// Goes on where another server stopped, once this one's journal is so far.
        private func begin(at cursor: Cursor?) throws {
            if let cursor {
                while try Snapshot(lookingAt: path).journal.state().end.map({ $0 < cursor.readUpTo }) ?? true {
                    guard try lease.renew(nil) else { throw Settings.Problem("another server tells the shop now") }
                    usleep(500_000)
                }
                try CursorFile(path: path, name: name)?.take(cursor)
            }
            do {
                try JobControl.startingDeaf { try Thread.start { [self] in renew() } }
            } catch let failure as Thread.Failure { throw LedgerError(failure) }
        }

        /// Says now and then how far this one is; ends the process where another may have taken over.
        private func renew() {
            var renewed = Clock.nanoseconds
            while !hasEnded.wait(milliseconds: Int(FollowerLease.renewal / 1_000_000)) {
                let isHeld = try? lease.renew(try CursorFile.cursor(path: path, name: name))
                if isHeld == true { renewed = Clock.nanoseconds }
                if isHeld == false || Clock.nanoseconds - renewed > FollowerLease.end {
                    StandardError.write("khoins-callback: another server may tell the shop now: this one ends\n")
                    kill(getpid(), SIGTERM)
                    break
                }
            }
            isDone.post()
        }

        /// Lets another server go on at once.
        func end() {
            hasEnded.post()
            isDone.wait()
            try? lease.release(try CursorFile.cursor(path: path, name: name))
        }
    }
#endif
