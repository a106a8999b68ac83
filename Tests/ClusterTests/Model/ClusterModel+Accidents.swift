import Cluster
import TestSupport

/// What happens to whole servers, and what operators do.
extension ClusterModel {
    /// The others go on without a server.
    func leaveBehind(_ server: ModelServer) {
        guard let other = servers.filter({ $0 !== server && $0.isInOrder }).randomElement(using: &generator),
            let member = running(other)
        else { return }
        attempt(other) { () throws(Member.Failure) in
            try begin(other, member)
            guard try member.leaveBehind(server.name), broken.contains(.leaving) else { return }
            var list = member.members
            list.standings[server.name] = nil
            var transaction = EtcdTransaction()
            let batches = member.keys.batches(of: server.name)
            transaction.success = [
                .put(member.keys.members, list.value), .delete(batches, EtcdTransaction.end(of: batches)),
            ]
            _ = done(transaction)
        }
    }

    func forget(_ server: ModelServer) {
        do throws(Administration.Refusal) { try administration.forget(server.name) } catch { return }
    }

    /// As long as one other server is in order, nothing is lost with a disk.
    func loseDisk(_ server: ModelServer) {
        guard canBeSpared(server) else { return }
        server.member = nil
        (server.mustBeSeeded, server.isDiskLost, server.isInOrder) = (true, true, false)
        server.journal = MemoryJournal()
    }

    /// Whether another server is in order, and stays so: a dismissal of that one which is still under way from this one would
    /// leave nobody, and does not come.
    private func canBeSpared(_ server: ModelServer) -> Bool {
        guard servers.contains(where: { $0 !== server && $0.isInOrder }) else { return false }
        late.removeAll { transaction in
            transaction.success.contains { if case .put(ModelKeys.all.members, _) = $0 { true } else { false } }
        }
        return true
    }

    /// Another process begins with a server's name and a copy of its disk.
    func double(_ server: ModelServer) {
        guard server.isInOrder, server.hasBegun, elders.isEmpty, canBeSpared(server) else { return }
        let elder = ModelServer(server.name)
        (elder.journal, elder.member, elder.hasBegun) = (server.journal, server.member, true)
        elder.mustBeSeeded = false
        elders.append(elder)
        (server.journal, server.member) = (server.journal.copy(), nil)
        // Only when it has begun: until then the elder is right.
        (server.isInOrder, server.origin) = (false, .younger)
    }

    func goOn(_ elder: ModelServer) {
        // It is not started again.
        guard elder.member != nil else { return }
        if chance(70) { work(elder) } else { lookAfter(elder) }
    }

    /// Keeps a server's disk as it is; or sets it back to what was kept.
    func setBack(_ server: ModelServer) {
        guard let snapshot = server.snapshot, chance(50) else {
            if !server.isDiskLost { server.snapshot = server.journal.copy() }
            return
        }
        guard !server.isDiskLost, canBeSpared(server) else { return }
        (server.journal, server.snapshot, server.member) = (snapshot, nil, nil)
        (server.isInOrder, server.origin) = (false, .copy)
    }

    /// Somebody starts a server that has stopped, with what it has.
    func startAnyway(_ server: ModelServer) {
        guard server.mustBeSeeded, !server.isDiskLost else { return }
        server.mustBeSeeded = false
        server.origin = .copy
    }

    /// Copies the journal of another server, after everything is kept for this one.
    func seed(_ server: ModelServer) {
        // Also from one that was left behind, and does not know it yet.
        guard let source = servers.filter({ $0 !== server && !$0.mustBeSeeded }).randomElement(using: &generator)
        else { return }
        if !servers.contains(where: { $0 === server }) { servers.append(server) }
        do throws(Administration.Refusal) {
            try administration.admit(server.name, life: word())
        } catch { return }
        var isOfOneInOrder = source.isInOrder
        // Between the two, others go on; or the copy fails.
        for _ in 0..<Int.random(in: 0..<4, using: &generator) {
            guard let other = servers.randomElement(using: &generator), other !== server else { continue }
            if isCalm || chance(90) { work(other) } else { leaveBehind(other) }
        }
        if source.isDiskLost || !isCalm && chance(20) { return }
        isOfOneInOrder = isOfOneInOrder || source.isInOrder
        server.journal = source.journal.copy()
        (server.mustBeSeeded, server.isDiskLost, server.member) = (false, false, nil)
        (server.isInOrder, server.origin) =
            isOfOneInOrder && isMember(server.name) ? (true, .seeded) : (false, .copy)
    }
}
