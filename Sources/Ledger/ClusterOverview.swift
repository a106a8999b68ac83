import Formats
import Journal

/// How a cluster is, as one of its servers knows.
package struct ClusterOverview: Sendable {
    /// What somebody should look at in one member.
    package enum Trouble: Equatable, Sendable {
        /// The others go on without it.
        case gone
        /// Its journal is not what this server's was at the same place.
        case different
        /// It has told nothing yet: it is being seeded, or was never started.
        case unstarted
        /// By so many batches.
        case behind(Int)
        /// It has told nothing for so many seconds.
        case silent(Int64)
        /// It says a time that is still to come, by so many seconds.
        case ahead(Int64)
    }

    /// One member.
    package struct Row: Sendable {
        package var name: String
        package var standing: String
        /// Of its next entry; `nil` while it is being seeded.
        package var next: Int?
        /// Batches that the farthest member has applied and this one has not.
        package var behind: Int?
        package var version: String?
        /// When it last told how far it is, by its own clock.
        package var seen: Timestamp?
        package var isDifferent = false

        /// Batches that a server that is well can be behind, and seconds for which it can tell nothing.
        private static let (usual, patience): (Int, Int64) = (1_000, 60)

        package init(name: String, standing: String) {
            self.name = name
            self.standing = standing
        }

        package func trouble(_ now: Timestamp) -> Trouble? {
            if standing != "active" { return .gone }
            if isDifferent { return .different }
            guard let behind else { return .unstarted }
            if let seen {
                let silence = now.seconds - seen.seconds
                if silence > Self.patience { return .silent(silence) }
                if -silence > Self.patience { return .ahead(-silence) }
            }
            return behind > Self.usual ? .behind(behind) : nil
        }
    }

    package var identity: ClusterIdentity
    package var rows: [Row] = []
    /// By cursor: the member that tells the shop under that name.
    package var tellers: [String: String] = [:]
    /// Bytes that etcd needs.
    package var size: Int?
    /// Why this server can agree on nothing now, or etcd tells nothing.
    package var problem: String?
    /// When all this was so.
    package var now: Timestamp

    package init(_ identity: ClusterIdentity, problem: String? = nil, now: Timestamp) {
        self.identity = identity
        self.problem = problem
        self.now = now
    }

    /// Why this server takes no callbacks, as far as the others know; `nil` if it may.
    package var failure: String? {
        if let problem { return problem }
        guard let own = rows.first(where: { $0.name == identity.member }) else {
            return "the cluster has no member \(identity.member)"
        }
        return own.standing == "active" ? nil : "the others have gone on without \(own.name): seed it (cluster seed)"
    }

    package var needsLook: Bool { problem != nil || rows.contains { $0.trouble(now) != nil } }

    /// The server that tells the shop under a cursor, if that is not this one: how far this one is in it is no matter then.
    package func otherTeller(of cursor: String) -> String? {
        tellers[cursor].flatMap { $0 == identity.member ? nil : $0 }
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        write(&writer)
        return writer.bytes
    }

    /// Writes one object.
    package func write(_ writer: inout JSONWriter) {
        writer.open("{")
        writer.member("cluster", identity.cluster)
        writer.member("member", identity.member)
        writer.member("problem", problem)
        writer.member("etcdBytes", size)
        writer.begin("members")
        writer.open("[")
        for row in rows {
            writer.next()
            writer.open("{")
            writer.member("name", row.name)
            writer.member("standing", row.standing)
            writer.member("next", row.next)
            writer.member("behind", row.behind)
            writer.member("version", row.version)
            writer.member("seen", row.seen?.iso8601())
            writer.mark("different", row.isDifferent)
            writer.mark("needsLook", row.trouble(now) != nil)
            writer.close("}")
        }
        writer.close("]")
        if !tellers.isEmpty {
            writer.begin("tellers")
            writer.open("[")
            for (cursor, holder) in tellers.sorted(by: { $0.key < $1.key }) {
                writer.next()
                writer.open("{")
                writer.member("cursor", cursor)
                writer.member("holder", holder)
                writer.close("}")
            }
            writer.close("]")
        }
        writer.close("}")
    }
}
