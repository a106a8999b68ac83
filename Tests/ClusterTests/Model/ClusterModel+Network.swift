import Cluster

/// What a process sees of etcd.
final class ModelLink: EtcdStore {
    private unowned let model: ClusterModel
    /// Shown by its own etcd before.
    var shown = 0

    init(_ model: ClusterModel) { self.model = model }

    func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer {
        try model.carry(transaction, for: self)
    }

    func sizeInUse() throws(EtcdFailure) -> Int { 0 }
}

/// The network, which loses requests and answers, and brings copies late; and what is broken on purpose.
extension ClusterModel {
    func carry(_ original: EtcdTransaction, for link: ModelLink) throws(EtcdFailure) -> EtcdAnswer {
        let transaction = breaking(original)
        // Others do something between two requests of one server.
        if depth == 0, !isCalm, chance(30) { meanwhile() }
        if transaction.isLocal {
            let answer = etcd.commitLocally(transaction, notBefore: link.shown, &generator)
            link.shown = answer.revision
            return breaking(answer, to: transaction)
        }
        if !isCalm {
            if chance(8) {
                late.append(transaction)
                throw EtcdFailure("lost on the way")
            }
            if chance(8) { late.append(transaction) }
        }
        let answer = done(transaction)
        if !isCalm, chance(8) { throw EtcdFailure("the answer was lost") }
        return breaking(answer, to: transaction)
    }

    private func meanwhile() {
        depth += 1
        defer { depth -= 1 }
        if !late.isEmpty, chance(50) { deliverLate() }
        guard chance(50), let other = (servers + elders).filter({ !$0.isBusy }).randomElement(using: &generator)
        else { return }
        if chance(70) { work(other) } else { lookAfter(other) }
    }

    func deliverLate() {
        guard let index = late.indices.randomElement(using: &generator) else { return }
        _ = done(!isCalm && chance(20) ? late[index] : late.remove(at: index))
    }

    /// Lets etcd do it, and takes note of what that comes to.
    func done(_ transaction: EtcdTransaction) -> EtcdAnswer {
        let answer = etcd.commit(transaction)
        guard answer.succeeded else { return answer }
        for case .put(let key, _) in transaction.success {
            for member in servers.map(\.name) {
                guard let number = ModelKeys.all.number(ofBatch: key, of: member) else { continue }
                highest[member] = max(highest[member, default: 0], number)
            }
        }
        for server in servers where server.isInOrder && !isMember(server.name) { server.isInOrder = false }
        if transaction.success.contains(where: { if case .delete = $0 { true } else { false } }) { lookForGone() }
        return answer
    }

    /// Whether etcd has this name among those that are active.
    func isMember(_ name: String) -> Bool {
        MemberList(etcd.keys[ModelKeys.all.members])?.standings[name] == .active
    }

    private func breaking(_ transaction: EtcdTransaction) -> EtcdTransaction {
        var transaction = transaction
        let deletes = transaction.success.contains { operation in
            if case .delete(let start, _) = operation { start.hasPrefix(ModelKeys.batches) } else { false }
        }
        let hasRanges = transaction.success.contains { if case .range = $0 { true } else { false } }
        transaction.comparisons.removeAll { comparison in
            switch comparison {
            case .created: broken.contains(.keys)
            case .modified(ModelKeys.all.members, _):
                hasRanges && broken.contains(.members) || deletes && broken.contains(.deletions)
            case .modified(let key, _):
                key.hasPrefix(ModelKeys.lives) && broken.contains(.lives)
                    || key.hasPrefix(ModelKeys.all.marks) && broken.contains(.told)
            }
        }
        if broken.contains(.seeding) {
            transaction.success.removeAll { operation in
                if case .delete(let start, _) = operation { start.hasPrefix(ModelKeys.all.marks) } else { false }
            }
        }
        return transaction
    }

    private func breaking(_ answer: EtcdAnswer, to transaction: EtcdTransaction) -> EtcdAnswer {
        var answer = answer
        for index in answer.found.indices {
            if broken.contains(.more) { answer.found[index].hasMore = false }
            guard let key = answer.found[index].entries.first?.key else { continue }
            if isOfStart(transaction) {
                let isOverlooked =
                    key.hasPrefix(ModelKeys.all.marks) && broken.contains(.told)
                    || key.hasPrefix(ModelKeys.all.deletions) && broken.contains(.copies)
                if isOverlooked { answer.found[index].entries = [] }
            } else if key.hasPrefix(ModelKeys.all.marks), broken.contains(.marks) {
                let values = answer.found[index].entries.map(\.value)
                let best = values.max { MemberMark($0)?.mark.total ?? 0 < MemberMark($1)?.mark.total ?? 0 }
                for entry in values.indices { answer.found[index].entries[entry].value = best ?? [] }
            }
        }
        return answer
    }

    /// What a life reads before it begins.
    private func isOfStart(_ transaction: EtcdTransaction) -> Bool {
        transaction.success.contains { operation in
            if case .range(let range) = operation { range.start.hasPrefix(ModelKeys.lives) } else { false }
        }
    }
}

enum ModelKeys {
    static let all = ClusterKeys(cluster: "x")
    static let batches = "\(all.prefix)e/"
    static let lives = "\(all.prefix)l/"
}
