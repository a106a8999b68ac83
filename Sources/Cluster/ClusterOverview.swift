import Formats
import Journal

/// How a cluster is, as this server's etcd and its own journal tell.
package struct ClusterOverview: Sendable {
    /// One member.
    package struct Row: Sendable {
        package var name: String
        package var standing: String
        /// Of its next entry; `nil` while it is being seeded.
        package var next: Int?
        /// Batches that the farthest member has applied and this one has not.
        package var behind: Int?
        package var version: String?
        /// Its journal is not what this server's was at the same place.
        package var isDifferent = false

        /// Batches that a server that is well can be behind.
        private static let usual = 1_000

        package var needsLook: Bool { standing != "active" || isDifferent || behind.map { $0 > Self.usual } ?? true }
    }

    package var identity: ClusterIdentity
    package private(set) var rows: [Row] = []
    /// Bytes that etcd needs.
    package private(set) var size = 0
    /// Why etcd told nothing.
    package private(set) var problem: String?

    /// - Parameter agreed: How far this server's journal is.
    package init(_ identity: ClusterIdentity, agreed: PlacedMark?, store: any EtcdStore) {
        self.identity = identity
        let keys = ClusterKeys(cluster: identity.cluster)
        var read = EtcdTransaction()
        read.success = [.range(.init(keys.members)), .range(.all(below: keys.marks))]
        do throws(EtcdFailure) {
            let answer = try store.commit(read)
            size = try store.sizeInUse()
            guard let list = MemberList(answer.found[0].entries.first) else {
                problem = "it knows no cluster \(identity.cluster)"
                return
            }
            var marks: [String: MemberMark] = [:]
            for entry in answer.found[1].entries {
                marks[String(entry.key.dropFirst(keys.marks.count))] = MemberMark(entry.value)
            }
            let farthest = marks.values.map(\.mark.total).max() ?? 0
            for name in list.names {
                let mark = marks[name]
                var row = Row(
                    name: name, standing: list.standings[name]?.rawValue ?? "", next: mark?.next.number,
                    behind: mark.map { farthest - $0.mark.total }, version: mark?.version)
                if let agreed, let mark, mark.mark.total == agreed.mark.total {
                    row.isDifferent = mark.mark.chain != agreed.mark.chain || mark.next != agreed.position.next
                }
                rows.append(row)
            }
        } catch {
            problem = error.reason
        }
    }

    package var needsLook: Bool { problem != nil || rows.contains(where: \.needsLook) }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        writer.member("cluster", identity.cluster)
        writer.member("member", identity.member)
        writer.member("problem", problem)
        if problem == nil { writer.member("etcdBytes", size) }
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
            writer.mark("different", row.isDifferent)
            writer.close("}")
        }
        writer.close("]")
        writer.close("}")
        return writer.bytes
    }
}
