/// What the members say of themselves, as one moment has it.
package struct Survey: Sendable {
    package var members: MemberList
    package var marks: [String: MemberMark] = [:]
    /// By cursor: what its follower says of itself.
    package var followers: [String: [UInt8]] = [:]
    /// By member: up to which number its batches were deleted, and the revision of the key that says so.
    package var deletions: [String: Deletion] = [:]
    /// Members whose journals differ from this one.
    package var different: [String] = []

    package struct Deletion: Equatable, Sendable {
        package var number = 0
        package var revision = 0
    }

    package init(members: MemberList, marks: [String: MemberMark] = [:]) {
        self.members = members
        self.marks = marks
    }

    /// What finds out all of it.
    static func reading(_ keys: ClusterKeys) -> [EtcdTransaction.Operation] {
        [
            .range(.init(keys.members)), .range(.all(below: keys.marks)), .range(.all(below: keys.followers)),
            .range(.all(below: keys.deletions)),
        ]
    }

    /// `nil` where there is no such cluster.
    init?(_ found: [EtcdAnswer.Found], _ keys: ClusterKeys) {
        guard let list = MemberList(found[0].entries.first) else { return nil }
        members = list
        for entry in found[1].entries {
            marks[String(entry.key.dropFirst(keys.marks.count))] = MemberMark(entry.value)
        }
        for entry in found[2].entries {
            followers[String(entry.key.dropFirst(keys.followers.count))] = entry.value
        }
        deletions = Self.deletions(found[3], keys)
    }

    /// What `ClusterKeys.deletions` holds.
    static func deletions(_ found: EtcdAnswer.Found, _ keys: ClusterKeys) -> [String: Deletion] {
        var deletions: [String: Deletion] = [:]
        for entry in found.entries {
            guard let number = Int(String(decoding: entry.value, as: UTF8.self)) else { continue }
            deletions[String(entry.key.dropFirst(keys.deletions.count))] = Deletion(
                number: number, revision: entry.modified)
        }
        return deletions
    }

    /// Asks etcd as a whole.
    package init?(cluster: String, store: any EtcdStore) throws(EtcdFailure) {
        let keys = ClusterKeys(cluster: cluster)
        var read = EtcdTransaction()
        read.success = Self.reading(keys)
        self.init(try store.commit(read).found, keys)
    }
}
