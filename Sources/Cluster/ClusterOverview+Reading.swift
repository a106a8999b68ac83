import Formats
import Journal
import Ledger

extension ClusterOverview {
    /// Times that etcd is asked: an election, or a moment without a processor, is no reason to call anybody.
    private static let attempts = 3

    /// Asks etcd as a whole.
    ///
    /// - Parameter agreed: How far this server's journal is.
    package init(_ identity: ClusterIdentity, agreed: PlacedMark?, store: any EtcdStore, now: Timestamp) {
        self.init(identity, now: now)
        for _ in 0..<Self.attempts {
            problem = nil
            ask(agreed: agreed, store: store)
            if problem == nil { return }
        }
    }

    private mutating func ask(agreed: PlacedMark?, store: any EtcdStore) {
        do throws(EtcdFailure) {
            let survey = try Survey(cluster: identity.cluster, store: store)
            size = try store.sizeInUse()
            guard let survey else {
                problem = "it knows no cluster \(identity.cluster)"
                return
            }
            take(survey)
            guard let agreed else { return }
            for index in rows.indices {
                if let mark = survey.marks[rows[index].name], mark.mark.total == agreed.mark.total {
                    rows[index].isDifferent = mark.mark.chain != agreed.mark.chain || mark.next != agreed.position.next
                }
            }
        } catch {
            problem = error.reason
        }
    }

    /// Takes what the members say of themselves.
    package mutating func take(_ survey: Survey) {
        let farthest = survey.marks.values.map(\.mark.total).max() ?? 0
        rows = survey.members.names.map { name in
            var row = Row(name: name, standing: survey.members.standings[name]?.rawValue ?? "")
            if let mark = survey.marks[name] {
                row.next = mark.next.number
                row.behind = farthest - mark.mark.total
                row.version = mark.version
                row.seen = mark.seen
            }
            row.isDifferent = survey.different.contains(name)
            return row
        }
        tellers = survey.followers.compactMapValues { FollowerLease.holder($0) }
    }
}
