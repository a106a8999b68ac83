import Cluster
import Journal
import System
import TestSupport

/// What is broken on purpose, between the members and their etcd, to see that it is noticed.
enum BrokenRule: CaseIterable {
    /// Nobody compares the list of members.
    case members
    /// Nobody compares lives.
    case lives
    /// Nobody looks whether a key is there already.
    case keys
    /// A range that was cut short does not say so.
    case more
    /// Everybody seems to have what one has.
    case marks
    /// Whoever is seeded keeps the mark that was there.
    case seeding
    /// Whoever is left behind is forgotten at once, with batches that nobody has read.
    case leaving
}

/// Servers, their etcd, and all the bad luck between them, one step after another in an order that a seed decides.
final class ClusterModel {
    /// A journal in memory: what is in it survives a crash.
    final class MemoryJournal: MemberJournal {
        /// The nonces of its batches, in order.
        var batches: [(nonce: String, mark: AgreementMark)] = []
        var isFull = false

        func state() throws(LedgerError) -> (mark: AgreementMark, next: Position) {
            (batches.last?.mark ?? AgreementMark(), Position(batches.count + 1))
        }

        func append(_ new: [AgreedBatch], at start: Position, marks: [AgreementMark]) throws(LedgerError) {
            if isFull { throw .lockTimedOut(seconds: 1) }
            guard start.number == batches.count + 1 else { throw .outOfStep(reason: "place") }
            for (batch, mark) in zip(new, marks) { batches.append((batch.nonce, mark)) }
        }
    }

    /// What a server sees of etcd.
    final class Link: EtcdStore {
        unowned let model: ClusterModel
        /// Shown by its own etcd before.
        var shown = 0

        init(_ model: ClusterModel) { self.model = model }

        func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer {
            try model.carry(transaction, for: self)
        }

        func sizeInUse() throws(EtcdFailure) -> Int { 0 }
    }

    final class Server {
        let name: String
        var journal = MemoryJournal()
        var member: Member?
        /// It is not to be started again: its disk is lost, or it was left behind.
        var mustBeSeeded = false
        var answered: [String] = []

        init(_ name: String) { self.name = name }
    }

    private let etcd = MemoryEtcd()
    private(set) var servers: [Server] = []
    private let broken: BrokenRule?
    private var generator: SeededGenerator
    /// Copies of requests that the network still has.
    private var late: [EtcdTransaction] = []
    /// How many requests are under way, one inside another.
    private var depth = 0
    /// Nothing is lost or late.
    private var isCalm = true
    private var count = 0
    /// Batches that were answered: each must be in every journal, once.
    private(set) var answered: [String] = []
    /// What is wrong, in words; the first one counts.
    private(set) var faults: [String] = []

    init(seed: Int, breaking broken: BrokenRule? = nil) {
        generator = SeededGenerator(seed: UInt64(seed))
        self.broken = broken
        let first = Server("a")
        servers = [first]
        try? administration.begin("a")
        for name in ["b", "c"] { self.seed(Server(name), isNew: true) }
        isCalm = false
    }

    private var administration: Administration { Administration(cluster: "x", store: Link(self)) }

    private func word() -> String {
        count += 1
        return "w\(count)"
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    // MARK: The network

    fileprivate func carry(_ original: EtcdTransaction, for link: Link) throws(EtcdFailure) -> EtcdAnswer {
        let transaction = breaking(original)
        // Others do something between two requests of one server.
        if depth == 0, !isCalm, chance(30) { meanwhile() }
        if transaction.isLocal {
            let answer = etcd.commitLocally(transaction, notBefore: link.shown, &generator)
            link.shown = answer.revision
            return breaking(answer)
        }
        if !isCalm {
            if chance(8) {
                late.append(transaction)
                throw EtcdFailure("lost on the way")
            }
            if chance(8) { late.append(transaction) }
        }
        let answer = etcd.commit(transaction)
        if !isCalm, chance(8) { throw EtcdFailure("the answer was lost") }
        return breaking(answer)
    }

    private func meanwhile() {
        depth += 1
        defer { depth -= 1 }
        if !late.isEmpty, chance(50) { deliverLate() }
    }

    private func deliverLate() {
        guard let index = late.indices.randomElement(using: &generator) else { return }
        _ = etcd.commit(chance(20) ? late[index] : late.remove(at: index))
    }

    private func breaking(_ transaction: EtcdTransaction) -> EtcdTransaction {
        var transaction = transaction
        transaction.comparisons.removeAll { comparison in
            switch (broken, comparison) {
            case (.members, .modified(let key, _)): key.hasSuffix("/members") && transaction.success.count > 1
            case (.lives, .modified(let key, _)): key.contains("/l/")
            case (.keys, .created): true
            default: false
            }
        }
        if broken == .seeding {
            transaction.success.removeAll { operation in
                if case .delete(let start, _) = operation { start.contains("/a/") } else { false }
            }
        }
        return transaction
    }

    private func breaking(_ answer: EtcdAnswer) -> EtcdAnswer {
        var answer = answer
        for index in answer.found.indices {
            if broken == .more { answer.found[index].hasMore = false }
            guard broken == .marks, answer.found[index].entries.first?.key.contains("/a/") == true else { continue }
            let values = answer.found[index].entries.map(\.value)
            let best = values.max { MemberMark($0)?.mark.total ?? 0 < MemberMark($1)?.mark.total ?? 0 }
            for entry in values.indices { answer.found[index].entries[entry].value = best ?? [] }
        }
        return answer
    }

    // MARK: What happens

    /// One thing happens.
    func happen() {
        guard let server = servers.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<62: work(server)
        case 62..<74: lookAfter(server)
        case 74..<84: deliverLate()
        case 84..<91: server.member = nil
        case 91..<93: server.journal.isFull.toggle()
        case 93..<95: leaveBehind(server)
        case 95..<97: loseDisk(server)
        case 97..<98: if servers.count < 4 { seed(Server("d"), isNew: true) }
        default: if server.mustBeSeeded { seed(server, isNew: false) }
        }
        look()
    }

    private func running(_ server: Server) -> Member? {
        if server.mustBeSeeded { return nil }
        if let member = server.member { return member }
        let member = Member(
            server.name, of: "x", life: word(), version: "1", store: Link(self), journal: server.journal)
        server.member = member
        return member
    }

    private func work(_ server: Server) {
        guard let member = running(server) else { return }
        attempt(server) { () throws(Member.Failure) in
            try member.start()
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
            _ = try member.step()
            if member.underWay == nil { answered.append(nonce) }
        }
    }

    private func lookAfter(_ server: Server) {
        guard let member = running(server) else { return }
        attempt(server) { () throws(Member.Failure) in _ = try member.lookAfter() }
    }

    private func attempt(_ server: Server, _ body: () throws(Member.Failure) -> Void) {
        do throws(Member.Failure) { try body() } catch {
            guard case .stopped(let reason) = error else { return }
            server.member = nil
            if case .outOfStep = reason { server.mustBeSeeded = true }
        }
    }

    /// The others go on without a server.
    private func leaveBehind(_ server: Server) {
        let others = servers.filter { $0 !== server && !$0.mustBeSeeded }
        guard others.count > 1, let other = others.first, let member = running(other) else { return }
        attempt(other) { () throws(Member.Failure) in
            try member.start()
            guard try member.leaveBehind(server.name), broken == .leaving else { return }
            var list = member.members
            list.standings[server.name] = nil
            var transaction = EtcdTransaction()
            let batches = member.keys.batches(of: server.name)
            transaction.success = [
                .put(member.keys.members, list.value), .delete(batches, EtcdTransaction.end(of: batches)),
            ]
            _ = etcd.commit(transaction)
        }
    }

    private func loseDisk(_ server: Server) {
        guard servers.count(where: { !$0.mustBeSeeded && !$0.journal.batches.isEmpty }) > 2 else { return }
        server.member = nil
        server.mustBeSeeded = true
        server.journal = MemoryJournal()
    }

    /// Copies the journal of another server, after everything is kept for this one.
    private func seed(_ server: Server, isNew: Bool) {
        guard let source = servers.filter({ $0 !== server && !$0.mustBeSeeded }).randomElement(using: &generator)
        else { return }
        do throws(Administration.Refusal) {
            try administration.admit(server.name, life: word())
        } catch { return }
        // Between the two, others go on.
        for _ in 0..<Int.random(in: 0..<4, using: &generator) {
            if let other = servers.randomElement(using: &generator), other !== server { work(other) }
        }
        if source.mustBeSeeded { return }
        server.journal = MemoryJournal()
        server.journal.batches = source.journal.batches
        server.mustBeSeeded = false
        server.member = nil
        if isNew { servers.append(server) }
    }

    // MARK: What must be so

    /// Every journal is the beginning of the longest.
    private func look() {
        let longest = servers.map(\.journal.batches).max { $0.count < $1.count } ?? []
        for server in servers {
            let own = server.journal.batches
            if !zip(own, longest).allSatisfy({ $0.nonce == $1.nonce }) {
                faults.append("the journal of \(server.name) parts from the longest")
            }
        }
    }

    /// Lets the network be calm, starts whoever may be started, waits until nothing changes, and looks at all.
    func end() {
        isCalm = true
        while !late.isEmpty { deliverLate() }
        for server in servers {
            server.journal.isFull = false
        }
        for _ in 0..<400 {
            for server in servers {
                if server.mustBeSeeded { seed(server, isNew: false) }
                guard let member = running(server) else { continue }
                attempt(server) { () throws(Member.Failure) in
                    let nonce = member.underWay?.nonce
                    _ = try member.step()
                    if let nonce, member.underWay == nil { answered.append(nonce) }
                }
            }
            if isQuiet { break }
        }
        for server in servers where !server.mustBeSeeded { lookAfter(server) }
        for server in servers where !server.mustBeSeeded { lookAfter(server) }
        look()
        let all = servers.filter { !$0.mustBeSeeded }
        if all.isEmpty { faults.append("nobody is left") }
        for server in servers where server.mustBeSeeded { faults.append("\(server.name) is left behind for ever") }
        for server in all {
            let nonces = server.journal.batches.map(\.nonce)
            if Set(nonces).count != nonces.count { faults.append("\(server.name) has a batch twice") }
            let missing = Set(answered).subtracting(nonces)
            if !missing.isEmpty { faults.append("\(server.name) lacks \(missing.count) that were answered") }
            if nonces.count != all[0].journal.batches.count { faults.append("\(server.name) is shorter") }
        }
    }

    private var isQuiet: Bool {
        let running = servers.filter { !$0.mustBeSeeded }
        return running.allSatisfy { $0.member?.underWay == nil }
            && Set(running.map(\.journal.batches.count)).count == 1 && running.count == servers.count
    }

    /// Batches that were left in etcd.
    var leftInEtcd: Int { etcd.keys.keys.count { $0.contains("/e/") } }
    var agreed: Int { servers.map(\.journal.batches.count).max() ?? 0 }
}
