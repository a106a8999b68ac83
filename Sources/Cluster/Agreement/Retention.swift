/// When the others go on without a member: a dead one must not fill etcd, which would stop everybody.
package struct Retention: Sendable {
    /// Bytes that etcd may need: a quarter of its usual quota.
    package static let maximumSize = 512 << 20
    /// Nanoseconds for which a member may be behind without any progress; and where etcd needs more than that.
    package static let (patience, patienceWhenFull): (Int64, Int64) = (24 * 3600 * 1_000_000_000, 30 * 1_000_000_000)
    /// Batches that a member may be behind where etcd needs more than that, however it gets on.
    package static let maximumBacklog = 10_000

    /// By member: how far it was, and since when.
    private var progress: [String: (total: Int, since: Int64)] = [:]

    package init() {}

    /// Takes note of how far all are.
    ///
    /// - Parameters:
    ///   - total: Batches that this server has applied.
    ///   - size: Bytes that etcd needs.
    ///   - now: Nanoseconds on a clock that nobody can set.
    /// - Returns: The member to be left behind, if there is one.
    package mutating func judge(
        _ survey: Survey, by name: String, total: Int, size: Int, now: Int64
    ) -> String? {
        var behind: [(name: String, total: Int, since: Int64)] = []
        for member in survey.members.active where member != name {
            // One that is being seeded has no mark, and its time runs too.
            let known = survey.marks[member]?.mark.total ?? -1
            if let before = progress[member], before.total == known, known < total {
                behind.append((member, known, before.since))
            } else {
                progress[member] = (known, now)
                if known < total { behind.append((member, known, now)) }
            }
        }
        for member in progress.keys where survey.members.standings[member] != .active { progress[member] = nil }
        if size > Self.maximumSize {
            // A busy cluster is large too, with nobody far behind.
            behind.removeAll { total - $0.total < Self.maximumBacklog && now - $0.since < Self.patienceWhenFull }
            return behind.min { $0.total < $1.total }?.name
        }
        return behind.first { now - $0.since > Self.patience }?.name
    }
}
