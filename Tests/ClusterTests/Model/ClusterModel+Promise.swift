import Cluster
import Journal

/// What must be so.
extension ClusterModel {
    func wrong(_ kind: ModelFault.Kind, _ words: String) { faults.append(ModelFault(kind: kind, words: words)) }

    /// At every moment: each journal is the beginning of the longest, and etcd has what a server in order lacks.
    func look() {
        let all = servers + elders
        let longest = all.map(\.journal.batches).max { $0.count < $1.count } ?? []
        for server in all where !zip(server.journal.batches, longest).allSatisfy({ $0.nonce == $1.nonce }) {
            wrong(.parted, "the journal of \(server.name) parts from the longest")
        }
        lookForGone()
    }

    func lookForGone() {
        for server in servers where server.isInOrder { lookForGone(server) }
    }

    private func lookForGone(_ server: ModelServer) {
        let vector = server.journal.mark.vector
        for (member, highest) in highest {
            let first = vector[member, default: 0] + 1
            guard first <= highest,
                let number = (first...highest).first(where: { etcd.keys[ModelKeys.all.batch($0, of: member)] == nil })
            else { continue }
            let kind: ModelFault.Kind =
                if MemberList(etcd.keys[ModelKeys.all.members])?.standings[member] == nil {
                    .goneOfLeft
                } else {
                    switch server.origin {
                    case .running: elders.contains { $0.name == server.name } ? .goneForYounger : .goneForRunning
                    case .seeded: .goneForSeeded
                    case .younger: .goneForYounger
                    case .copy: .goneForCopy
                    }
                }
            wrong(kind, "batch \(number) of \(member) is gone, and \(server.name) lacks it")
        }
    }

    /// When it is quiet: all hold the same, with everything that was answered, once, and etcd keeps nothing.
    func lookAtTheEnd() {
        for elder in elders { wrong(.twoLives, "the older \(elder.name) goes on") }
        for server in servers {
            let nonces = server.journal.batches.map(\.nonce)
            if Set(nonces).count != nonces.count { wrong(.doubled, "\(server.name) has a batch twice") }
            let missing = Set(answered).subtracting(nonces)
            if !missing.isEmpty { wrong(.lost, "\(server.name) lacks \(missing.count) that were answered") }
            if server.mustBeSeeded || nonces.count != servers[0].journal.batches.count {
                wrong(.unequal, "\(server.name) has \(nonces.count) of \(servers[0].journal.batches.count)")
            }
        }
        let left = etcd.keys.keys.filter { $0.hasPrefix(ModelKeys.batches) }
        if !left.isEmpty { wrong(.kept, "\(left.sorted())") }
    }

    var agreed: Int { servers.map(\.journal.batches.count).max() ?? 0 }
}
