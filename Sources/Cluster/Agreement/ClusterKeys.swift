import Formats
import Journal

/// The keys of a cluster in etcd, all below `khoins/ID/`.
package struct ClusterKeys: Equatable, Sendable {
    package static let root = "khoins/"
    private static let digits = 12

    package let prefix: String

    package init(cluster: String) { prefix = "\(Self.root)\(cluster)/" }

    /// The cluster that a key belongs to.
    package static func cluster(ofKey key: String?) -> String? {
        guard let key, key.hasPrefix(root) else { return nil }
        return String(key.dropFirst(root.count).prefix { $0 != "/" })
    }

    /// Who is in the cluster.
    package var members: String { "\(prefix)members" }
    /// How far each member is.
    package var marks: String { "\(prefix)a/" }

    package func mark(of member: String) -> String { "\(marks)\(member)" }
    /// The life of a member: a random word, new at each start.
    package func life(of member: String) -> String { "\(prefix)l/\(member)" }
    /// Who runs the follower of that name.
    package func follower(_ cursor: String) -> String { "\(followers)\(cursor)" }
    package var followers: String { "\(prefix)x/" }

    /// Up to which number the batches of a member were deleted.
    package func deleted(of member: String) -> String { "\(deletions)\(member)" }
    package var deletions: String { "\(prefix)d/" }

    package func batches(of member: String) -> String { "\(prefix)e/\(member)/" }
    package func batch(_ number: Int, of member: String) -> String {
        let text = String(number)
        return batches(of: member) + String(repeating: "0", count: max(0, Self.digits - text.count)) + text
    }

    /// The number of a batch; `nil` for another key.
    package func number(ofBatch key: String, of member: String) -> Int? {
        let prefix = batches(of: member)
        return key.hasPrefix(prefix) ? Int(key.dropFirst(prefix.count)) : nil
    }
}

/// Who is in a cluster, as it stands in etcd. Everybody's batches are read; only active members hold batches back.
package struct MemberList: Equatable, Sendable {
    package enum Standing: String, Sendable {
        case active
        /// It was left behind: it must be seeded before it may come back.
        case gone
    }

    package var standings: [String: Standing]
    /// Of the key; zero where there is none.
    package var revision: Int

    package init(standings: [String: Standing] = [:], revision: Int = 0) {
        self.standings = standings
        self.revision = revision
    }

    package var names: [String] { standings.keys.sorted() }

    package var active: [String] { names.filter { standings[$0] == .active } }

    package var value: [UInt8] {
        var writer = JSONWriter()
        writer.value(
            .object([
                JSONValue.Member(
                    key: "members",
                    value: .object(
                        names.map { .init(key: $0, value: .string(standings[$0]?.rawValue ?? "")) }))
            ]))
        return writer.bytes
    }

    /// `nil` where there is none that can be read.
    package init?(_ entry: EtcdAnswer.Entry?) {
        guard let entry, let value = try? JSONParser.parse(entry.value), case .object(let members)? = value["members"]
        else { return nil }
        self.init(revision: entry.modified)
        for member in members {
            guard let standing = member.value.string.flatMap({ Standing(rawValue: $0) }) else { return nil }
            standings[member.key] = standing
        }
    }
}

/// What a member says of itself: all up to here is durable in its journal, and in its records.
package struct MemberMark: Equatable, Sendable {
    package var mark: AgreementMark
    /// Of the next entry.
    package var next: Position
    package var version: String
    /// When it said so, in whole seconds of its own clock; older versions do not tell.
    package var seen: Timestamp?

    /// Seconds after which a member says the same once more, so that others see that it lives.
    private static let refreshment: Int64 = 10

    package init(mark: AgreementMark, next: Position, version: String, seen: Timestamp? = nil) {
        self.mark = mark
        self.next = next
        self.version = version
        self.seen = seen.map { Timestamp(microseconds: $0.seconds * 1_000_000) }
    }

    /// Whether it has nothing to add to what was told before.
    func isToldBy(_ told: MemberMark?) -> Bool {
        guard let told, (told.mark, told.next, told.version) == (mark, next, version) else { return false }
        guard let seen, let before = told.seen else { return told.seen == seen }
        return abs(seen.seconds - before.seconds) < Self.refreshment
    }

    package var value: [UInt8] {
        var writer = JSONWriter()
        let vector = mark.vector.sorted { $0.key < $1.key }
        var members = [
            JSONValue.Member(
                key: "agreed",
                value: .object(vector.map { .init(key: $0.key, value: .number("\($0.value)")) })),
            .init(key: "chain", value: .string(mark.chainText)),
            .init(key: "next", value: .number("\(next.number)")),
            .init(key: "version", value: .string(version)),
        ]
        if let seen { members.append(.init(key: "seen", value: .number("\(seen.seconds)"))) }
        writer.value(.object(members))
        return writer.bytes
    }

    package init?(_ value: [UInt8]) {
        guard let value = try? JSONParser.parse(value), let mark = AgreementMark(value),
            let next = Position(value["next"]), let version = value["version"]?.string
        else { return nil }
        self.init(
            mark: mark, next: next, version: version,
            seen: value["seen"]?.integer.map { Timestamp(microseconds: Int64($0) * 1_000_000) })
    }
}

extension AgreementMark {
    /// How many batches were agreed. Of one cluster, two marks of the same total have the same vector.
    package var total: Int { vector.values.reduce(0, +) }

    /// Whether this has everything that `other` has.
    package func covers(_ other: AgreementMark) -> Bool {
        other.vector.allSatisfy { vector[$0.key, default: 0] >= $0.value }
    }
}
