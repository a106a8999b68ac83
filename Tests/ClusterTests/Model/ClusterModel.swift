import Cluster
import Journal
import System
import TestSupport

/// Servers, their etcd, and all the bad luck between them, one step after another in an order that a seed decides.
final class ClusterModel {
    let etcd = MemoryEtcd()
    var servers: [ModelServer] = []
    /// Processes that go on with a disk of their own, though a younger one has taken their name.
    var elders: [ModelServer] = []
    let broken: Set<BrokenRule>
    var generator: SeededGenerator
    /// Copies of requests that the network still has.
    var late: [EtcdTransaction] = []
    /// How many requests are under way, one inside another.
    var depth = 0
    /// Nothing is lost or late.
    var isCalm = true
    /// Of each member, the highest number that a batch ever had.
    var highest: [String: Int] = [:]
    /// Batches that were answered: each must be in every journal, once.
    var answered: [String] = []
    /// What is wrong; the first one counts.
    var faults: [ModelFault] = []
    private var count = 0

    init(seed: Int, breaking broken: Set<BrokenRule> = []) {
        generator = SeededGenerator(seed: UInt64(seed))
        self.broken = broken
        let first = ModelServer("a")
        (first.isInOrder, first.mustBeSeeded, first.isDiskLost) = (true, false, false)
        servers = [first]
        try? administration.begin("a")
        for name in ["b", "c"] { self.seed(ModelServer(name)) }
        isCalm = false
    }

    var administration: Administration { Administration(cluster: "x", store: ModelLink(self)) }

    func word() -> String {
        count += 1
        return "w\(count)"
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    // MARK: What happens

    /// One thing happens.
    func happen() {
        guard let server = servers.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<54: work(server)
        case 54..<65: lookAfter(server)
        case 65..<67: setBack(server)
        case 67..<76: deliverLate()
        case 76..<83: server.member = nil
        case 83..<84: server.journal.isFull.toggle()
        case 84..<85: server.journal.failsLate = true
        case 85..<87: leaveBehind(server)
        case 87..<89: loseDisk(server)
        case 89..<90: if servers.count < 4 { seed(ModelServer("d")) }
        case 90..<91: forget(server)
        case 91..<93: double(server)
        case 93..<95: if let elder = elders.randomElement(using: &generator) { goOn(elder) }
        case 95..<97: startAnyway(server)
        default: if server.mustBeSeeded { seed(server) }
        }
        look()
    }

    func running(_ server: ModelServer) -> Member? {
        if server.mustBeSeeded { return nil }
        if let member = server.member { return member }
        let member = Member(
            server.name, of: "x", life: word(), version: "1", store: ModelLink(self), journal: server.journal,
            limit: 3)
        server.member = member
        return member
    }

    func begin(_ server: ModelServer, _ member: Member) throws(Member.Failure) {
        try member.start()
        server.hasBegun = true
        // It was let in with what it has, however it came to that.
        if !server.isInOrder, isMember(server.name), !elders.contains(where: { $0 === server }) {
            server.isInOrder = true
            lookForGone()
        }
    }

    func work(_ server: ModelServer) {
        guard let member = running(server) else { return }
        attempt(server) { () throws(Member.Failure) in
            try begin(server, member)
            let nonce: String
            if let underWay = member.underWay {
                nonce = underWay.nonce
            } else if chance(60) {
                nonce = word()
                member.propose([EntryDraft(.expectation(.test(nonce)))], nonce: nonce)
            } else {
                _ = try member.step(isLocal: chance(70))
                return
            }
            try step(server, member, nonce)
        }
    }

    private func step(_ server: ModelServer, _ member: Member, _ nonce: String?) throws(Member.Failure) {
        _ = try member.step()
        if let nonce, member.underWay == nil { answered.append(nonce) }
        // What it has told the others is in its journal.
        if server.isInOrder { server.origin = .running }
    }

    func lookAfter(_ server: ModelServer) {
        guard let member = running(server) else { return }
        attempt(server) { () throws(Member.Failure) in
            try begin(server, member)
            let different = try member.lookAfter().different
            if !different.isEmpty, server.isInOrder { wrong(.accused, "\(server.name) against \(different)") }
        }
    }

    func attempt(_ server: ModelServer, _ body: () throws(Member.Failure) -> Void) {
        if server.isBusy { return }
        server.isBusy = true
        defer { server.isBusy = false }
        do throws(Member.Failure) { try body() } catch {
            guard case .stopped(let reason) = error else { return }
            server.member = nil
            server.mustBeSeeded = true
            elders.removeAll { $0 === server }
            if server.isInOrder { wrong(.refused, "\(server.name), which was in order: \(reason.explanation)") }
        }
    }

    // MARK: The end

    /// Lets the network be calm, starts whoever may be started, waits until nothing changes, and looks at all.
    func end() {
        isCalm = true
        while !late.isEmpty { deliverLate() }
        for server in servers { (server.journal.isFull, server.journal.failsLate) = (false, false) }
        settle()
        // With one more of each, what came late and twice goes too.
        for server in servers {
            guard let member = running(server), member.underWay == nil else { continue }
            attempt(server) { () throws(Member.Failure) in
                try begin(server, member)
                let nonce = word()
                member.propose([EntryDraft(.expectation(.test(nonce)))], nonce: nonce)
                try step(server, member, nonce)
            }
        }
        settle()
        for _ in 0..<2 {
            for server in servers + elders { tell(server) }
            for server in servers + elders { lookAfter(server) }
        }
        look()
        lookAtTheEnd()
    }

    private func settle() {
        for _ in 0..<400 {
            for server in servers + elders {
                if server.mustBeSeeded { seed(server) }
                tell(server)
            }
            if isQuiet { break }
        }
    }

    private func tell(_ server: ModelServer) {
        guard let member = running(server) else { return }
        attempt(server) { () throws(Member.Failure) in
            try begin(server, member)
            try step(server, member, member.underWay?.nonce)
        }
    }

    private var isQuiet: Bool {
        servers.allSatisfy { !$0.mustBeSeeded && $0.member != nil && $0.member?.underWay == nil }
            && Set(servers.map(\.journal.batches.count)).count == 1
    }
}
