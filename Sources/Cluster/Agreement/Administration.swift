import Journal
import System

/// Changes to who is in a cluster, each one transaction.
package struct Administration {
    package let keys: ClusterKeys
    private let store: any EtcdStore

    package init(cluster: String, store: any EtcdStore) {
        keys = ClusterKeys(cluster: cluster)
        self.store = store
    }

    /// Why something was not done.
    package enum Refusal: Error, Equatable, Sendable {
        case noAnswer(EtcdFailure)
        /// Something else changed the cluster at this moment.
        case contended
        case refused(String)

        package var sentence: String {
            switch self {
            case .noAnswer(let failure):
                "etcd gave no answer (\(failure.reason)): nobody knows whether it was done; try again"
            case .contended: "something else changed the cluster at this moment: try again"
            case .refused(let sentence): sentence
            }
        }
    }

    /// Makes the cluster, with one member.
    package func begin(_ member: String) throws(Refusal) {
        let known = try members()
        if let known {
            if known.standings == [member: .active] { return }
            throw .refused("etcd knows this cluster already, with \(known.names.joined(separator: ", "))")
        }
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified(keys.members, 0)]
        transaction.success = [.put(keys.members, MemberList(standings: [member: .active]).value)]
        try commit(transaction)
    }

    /// Lets a member in whose journal is to be copied from another server's after this, whether it is new or has lost its
    /// own. From now on everything is kept for it, and nothing that it sent before counts.
    ///
    /// - Parameter life: A word that no process has.
    package func admit(_ member: String, life: String) throws(Refusal) {
        guard var list = try members() else { throw .refused("etcd knows no cluster \(keys.prefix)") }
        list.standings[member] = .active
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified(keys.members, list.revision)]
        transaction.success = [
            // Also where it says the same: whoever deletes compares its revision.
            .put(keys.members, list.value),
            .put(keys.life(of: member), Array(life.utf8)),
            .delete(keys.mark(of: member), keys.mark(of: member) + "\0"),
        ]
        try commit(transaction)
    }

    /// Lets the others go on without a member. Its batches are still read by all.
    package func dismiss(_ member: String) throws(Refusal) {
        guard var list = try members() else { throw .refused("etcd knows no cluster \(keys.prefix)") }
        guard let standing = list.standings[member] else { throw .refused("the cluster has no member \(member)") }
        if standing == .gone { return }
        list.standings[member] = .gone
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified(keys.members, list.revision)]
        transaction.success = [.put(keys.members, list.value)]
        try commit(transaction)
    }

    /// Takes a member out that is gone, and of which no batch is left.
    package func forget(_ member: String) throws(Refusal) {
        var read = EtcdTransaction()
        read.success = [.range(.init(keys.members)), .range(.all(below: keys.batches(of: member)))]
        let answer = try answer(to: read)
        guard var list = MemberList(answer.found[0].entries.first) else {
            throw .refused("etcd knows no cluster \(keys.prefix)")
        }
        guard let standing = list.standings[member] else { throw .refused("the cluster has no member \(member)") }
        guard standing == .gone else {
            throw .refused("\(member) is active: let it leave first (`khoins-callback cluster leave`)")
        }
        guard answer.found[1].entries.isEmpty else {
            throw .refused(
                "batches of \(member) are still to be read by others: try again when they have caught up")
        }
        list.standings[member] = nil
        // While it is gone it sends nothing more.
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified(keys.members, list.revision)]
        transaction.success = [
            .put(keys.members, list.value),
            .delete(keys.mark(of: member), keys.mark(of: member) + "\0"),
            .delete(keys.life(of: member), keys.life(of: member) + "\0"),
        ]
        try commit(transaction)
    }

    /// Whether batches were agreed that a journal of this mark does not have.
    package func hasMore(than mark: AgreementMark) throws(Refusal) -> Bool {
        let names = try members()?.names ?? []
        var read = EtcdTransaction()
        read.success = names.map { name in
            let start = keys.batch(mark.vector[name, default: 0] + 1, of: name)
            return .range(.init(start, EtcdTransaction.end(of: keys.batches(of: name)), limit: 1))
        }
        return try answer(to: read).found.contains { !$0.entries.isEmpty }
    }

    /// Who is in the cluster; `nil` where etcd knows none.
    package func members() throws(Refusal) -> MemberList? {
        var read = EtcdTransaction()
        read.success = [.range(.init(keys.members))]
        return MemberList(try answer(to: read).found[0].entries.first)
    }

    private func answer(to transaction: EtcdTransaction) throws(Refusal) -> EtcdAnswer {
        do throws(EtcdFailure) { return try store.commit(transaction) } catch { throw .noAnswer(error) }
    }

    private func commit(_ transaction: EtcdTransaction) throws(Refusal) {
        if try !answer(to: transaction).succeeded { throw .contended }
    }
}
