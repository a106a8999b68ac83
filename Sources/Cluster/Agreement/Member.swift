import Formats
import Journal
import System

/// One server's part in the agreement. Used by one thread at a time; every call is one round trip to its own etcd.
///
/// The order of all batches is the one in which etcd has made their keys (`create_revision`). A batch is appended by the same
/// transaction that reads what is new, so its answer holds all that comes before it. What keeps that true:
///
/// 1. One batch is under way at a time. Whether a try without an answer was done nobody knows, so it is made again with the
///    same key and bytes until an answer tells. A batch is never given up.
/// 2. Each transaction compares the list of members: a list that was read before a member came cannot be gone by after it.
/// 3. Each compares this member's life too: a request of an earlier life, or of one before it was seeded, fails however
///    late it comes. Reads do, because what the younger of two lives has told may be deleted, and the older lack it.
/// 4. Where a range has more than it gave, nothing behind its last batch is applied yet.
/// 5. Each member's batches are read from the one behind the last that was applied. One that is missing there was deleted:
///    this server was left behind, and stops. It never guesses. As a member may have sent nothing since, it is written down
///    up to where each one's batches were deleted: no life begins with a journal that ends before that.
package final class Member {
    /// Bytes of batches that are appended to the journal at a time.
    private static let maximumAppended = 4 << 20

    package let name: String
    package let keys: ClusterKeys
    private let store: any EtcdStore
    private let journal: any MemberJournal
    private let life: String
    private let version: String
    private let limit: Int
    private let now: () -> Timestamp

    package private(set) var mark = AgreementMark()
    package private(set) var next = Position.first
    package private(set) var members = MemberList()
    private var lifeRevision = 0
    private var hasStarted = false
    private var stopped: LedgerError?
    /// The newest revision that etcd as a whole has told.
    private var revision = 0
    /// This server's own batch that is not known to be agreed yet.
    package private(set) var underWay: AgreedBatch?
    /// The mark that etcd has of this member, as far as is known.
    private var told: MemberMark?
    private var comparison = JournalComparison()

    /// - Parameters:
    ///   - life: A word that no other process has.
    ///   - version: Of this build, for others to see.
    ///   - limit: Of one member so many batches are read at a time.
    ///   - now: The clock that others are told of.
    package init(
        _ name: String, of cluster: String, life: String, version: String, store: any EtcdStore,
        journal: any MemberJournal, limit: Int = 16, now: @escaping () -> Timestamp = { .now }
    ) {
        self.name = name
        keys = ClusterKeys(cluster: cluster)
        self.life = life
        self.version = version
        self.store = store
        self.journal = journal
        self.limit = limit
        self.now = now
    }

    // MARK: Starting

    /// Begins this life, if it has not begun. Nothing is read from others before.
    package func start() throws(Failure) {
        if let stopped { throw .stopped(stopped) }
        if hasStarted { return }
        try look()
        var read = EtcdTransaction()
        read.success = [
            .range(.init(keys.members)), .range(.init(keys.life(of: name))), .range(.init(keys.mark(of: name))),
            .range(.all(below: keys.deletions)),
        ]
        let answer = try commit(read)
        guard let list = MemberList(answer.found[0].entries.first) else {
            throw stop(
                .notAgreed(reason: "etcd knows no cluster \(keys.prefix): `khoins-callback cluster init` makes it"))
        }
        try learn(list)
        if let entry = answer.found[2].entries.first {
            guard let own = MemberMark(entry.value) else { throw stop(.damaged(path: "etcd's \(entry.key)")) }
            guard mark.covers(own.mark) else {
                throw stop(.outOfStep(reason: "this journal has lost what this server had told the others that it had"))
            }
        }
        for (member, deletion) in Survey.deletions(answer.found[3], keys)
        where mark.vector[member, default: 0] < deletion.number {
            throw stop(
                .outOfStep(
                    reason:
                        "this journal lacks batches of \(member) up to \(deletion.number), which etcd no longer has: it is a copy of one that was left behind, or too old"
                ))
        }
        let known = answer.found[1].entries.first
        if let known, known.value == Array(life.utf8) {
            // A try before this had no answer.
            lifeRevision = known.modified
        } else {
            var begin = EtcdTransaction()
            begin.comparisons = [
                .modified(keys.members, members.revision), .modified(keys.life(of: name), known?.modified ?? 0),
                // An older process of this name tells nothing more after what was looked at.
                .modified(keys.mark(of: name), answer.found[2].entries.first?.modified ?? 0),
            ]
            begin.success = [.put(keys.life(of: name), Array(life.utf8))]
            let begun = try commit(begin)
            guard begun.succeeded else {
                throw .noAnswer(EtcdFailure("something else changed the cluster at this moment"))
            }
            lifeRevision = begun.revision
        }
        hasStarted = true
    }

    /// Looks where the journal is.
    private func look() throws(Failure) {
        do throws(LedgerError) {
            (mark, next) = try journal.state()
        } catch {
            if case .outOfStep = error { throw stop(error) }
            throw .notAppended(error)
        }
        comparison.remember(mark, next)
    }

    private func stop(_ error: LedgerError) -> Failure {
        stopped = error
        return .stopped(error)
    }

    private func learn(_ list: MemberList) throws(Failure) {
        members = list
        guard list.standings[name] == .active else {
            throw stop(
                .outOfStep(
                    reason: list.standings[name] == nil
                        ? "the cluster has no member \(name)"
                        : "the others have gone on without \(name), which was too far behind or has left"))
        }
    }

    /// Does a transaction; one that is not local tells the revision of all.
    private func commit(_ transaction: EtcdTransaction) throws(Failure) -> EtcdAnswer {
        let answer: EtcdAnswer
        do throws(EtcdFailure) { answer = try store.commit(transaction) } catch { throw .noAnswer(error) }
        if !transaction.isLocal {
            guard answer.revision >= revision else {
                throw stop(.notAgreed(reason: "etcd has lost what it had told: this process must be started anew"))
            }
            revision = answer.revision
        }
        return answer
    }

    // MARK: Appending and applying

    /// Gives entries to be agreed on. They go out with the next `step`. None must be under way.
    package func propose(_ entries: [EntryDraft], nonce: String) {
        precondition(underWay == nil, "one batch is under way at a time")
        underWay = AgreedBatch(member: name, number: mark.vector[name, default: 0] + 1, nonce: nonce, entries: entries)
    }

    /// Hands out what is under way, learns what is new, and applies that.
    ///
    /// - Parameter isLocal: With nothing to be handed out, only asks what its own etcd knows.
    /// - Returns: How many batches were applied, and whether there may be more.
    @discardableResult
    package func step(isLocal: Bool = false) throws(Failure) -> (applied: Int, hasMore: Bool) {
        try start()
        var transaction = EtcdTransaction()
        transaction.comparisons = [
            .modified(keys.members, members.revision), .modified(keys.life(of: name), lifeRevision),
        ]
        let ranges = newBatches
        let own = MemberMark(mark: mark, next: next, version: version, seen: now())
        let putMark = EtcdTransaction.Operation.put(keys.mark(of: name), own.value)
        if let batch = underWay {
            let key = keys.batch(batch.number, of: name)
            transaction.comparisons.append(.created(key, 0))
            transaction.success = [.put(key, batch.value), putMark] + ranges
        } else if !isLocal, !own.isToldBy(told) {
            transaction.success = [putMark] + ranges
        } else {
            transaction.success = ranges
            transaction.isLocal = isLocal
        }
        transaction.failure = [.range(.init(keys.members)), .range(.init(keys.life(of: name)))] + ranges
        let answer = try commit(transaction)
        if answer.succeeded {
            if transaction.success.contains(putMark) { told = own }
            return try apply(answer.found)
        }
        // The list may be an older one, where only the own etcd was asked.
        let list = MemberList(answer.found[0].entries.first) ?? MemberList()
        if list.revision != members.revision {
            if list.revision > members.revision || !transaction.isLocal { try learn(list) }
            return (0, true)
        }
        // Likewise the life: all that an older state has is older than this life's beginning.
        let life = answer.found[1].entries.first?.modified ?? 0
        guard life == lifeRevision || transaction.isLocal && life < lifeRevision else {
            throw stop(
                .notAgreed(
                    reason:
                        "another process has begun to work as \(name): this one has stopped; if that one is wrong, stop it and seed this one (cluster seed)"
                ))
        }
        return try apply(Array(answer.found[2...]))
    }

    private var newBatches: [EtcdTransaction.Operation] {
        members.names.map { member in
            let start = keys.batch(mark.vector[member, default: 0] + 1, of: member)
            return .range(.init(start, EtcdTransaction.end(of: keys.batches(of: member)), limit: limit))
        }
    }

    /// Applies what the ranges of `newBatches` have found.
    private func apply(_ found: [EtcdAnswer.Found]) throws(Failure) -> (applied: Int, hasMore: Bool) {
        var all: [(batch: AgreedBatch, created: Int)] = []
        var end = Int.max
        for (member, found) in zip(members.names, found) {
            var number = mark.vector[member, default: 0]
            for entry in found.entries {
                number += 1
                guard keys.number(ofBatch: entry.key, of: member) == number else {
                    throw stop(.outOfStep(reason: "batch \(number) of \(member) is gone, and was never applied here"))
                }
                do throws(AgreedBatch.Fault) {
                    let batch = try AgreedBatch(member: member, number: number, value: entry.value)
                    all.append((batch, entry.created))
                } catch {
                    throw stop(Self.error(of: error, in: entry.key))
                }
            }
            if found.hasMore, let last = found.entries.last { end = min(end, last.created) }
        }
        let batches = all.filter { $0.created <= end }.sorted { $0.created < $1.created }.map(\.batch)
        var rest = batches[...]
        while !rest.isEmpty {
            var length = 0
            let part = rest.prefix { batch in
                defer { length += batch.value.count }
                return length == 0 || length + batch.value.count <= Self.maximumAppended
            }
            try append(Array(part))
            rest = rest.dropFirst(part.count)
        }
        return (batches.count, end != .max)
    }

    static func error(of fault: AgreedBatch.Fault, in key: String) -> LedgerError {
        switch fault {
        case .damaged: .damaged(path: "etcd's \(key)")
        case .newerFormat(let format):
            .notAgreed(
                reason:
                    "\(key) is of format \(format), and this version knows none above \(AgreedBatch.format): install the version of the others, and start it"
            )
        }
    }

    private func append(_ batches: [AgreedBatch]) throws(Failure) {
        var marks: [AgreementMark] = []
        var mark = mark
        for batch in batches {
            mark.vector[batch.member] = batch.number
            mark.chain = batch.chain(after: mark.chain)
            marks.append(mark)
        }
        do throws(LedgerError) {
            try journal.append(batches, at: next, marks: marks)
        } catch {
            // Whether it is there all the same, the journal tells.
            try look()
            settle(batches)
            if let last = marks.last, self.mark == last { return }
            throw .notAppended(error)
        }
        self.mark = mark
        // At each batch, not at the end alone: others say how far they are at other places.
        for (batch, mark) in zip(batches, marks) {
            next = Position(next.number + batch.count)
            comparison.remember(mark, next)
        }
        settle(batches)
    }

    /// Takes note of what became of the own batch.
    private func settle(_ batches: [AgreedBatch]) {
        guard let own = underWay, let applied = mark.vector[name], applied >= own.number else { return }
        if batches.contains(where: { $0.member == name && $0.nonce == own.nonce }) {
            underWay = nil
        } else {
            // An earlier life's batch had this number: this one was never taken under it, nor ever can be.
            underWay?.number = applied + 1
        }
    }

    // MARK: Looking after etcd

    /// Reads the marks of all, compares their digests with what this journal had at the same place, and deletes those
    /// batches of this member, and of those that are gone, that all active members have. (Retention)
    ///
    /// Stops this server if its journal differs from those of two others.
    package func lookAfter() throws(Failure) -> Survey {
        try start()
        var read = EtcdTransaction()
        read.success = Survey.reading(keys)
        let answer = try commit(read)
        var survey = Survey(answer.found, keys) ?? Survey(members: MemberList())
        if survey.members.revision != members.revision { try learn(survey.members) }
        told = survey.marks[name]
        survey.different = comparison.compare(survey, but: name, upTo: mark.total)
        if survey.different.count >= 2 {
            throw stop(
                .outOfStep(
                    reason: "this journal is not what \(survey.different.joined(separator: " and ")) have"))
        }
        try delete(survey)
        return survey
    }

    private func delete(_ survey: Survey) throws(Failure) {
        let active = survey.members.active.map { survey.marks[$0] }
        // A member without a mark is being seeded: it needs all there is.
        guard !active.contains(nil) else { return }
        var transaction = EtcdTransaction()
        transaction.comparisons = [
            .modified(keys.members, members.revision), .modified(keys.life(of: name), lifeRevision),
        ]
        for member in survey.members.names where member == name || survey.members.standings[member] == .gone {
            let low = active.compactMap { $0?.mark.vector[member, default: 0] }.min() ?? 0
            let deletion = survey.deletions[member] ?? Survey.Deletion()
            guard low > deletion.number else { continue }
            transaction.comparisons.append(.modified(keys.deleted(of: member), deletion.revision))
            transaction.success += [
                .delete(keys.batch(0, of: member), keys.batch(low + 1, of: member)),
                .put(keys.deleted(of: member), Array("\(low)".utf8)),
            ]
        }
        if !transaction.success.isEmpty { _ = try commit(transaction) }
    }

    /// Lets the others go on without a member that holds back more than etcd can keep. Its batches are still read; it must
    /// be seeded before it comes back.
    ///
    /// - Returns: Whether it was done.
    package func leaveBehind(_ member: String) throws(Failure) -> Bool {
        guard member != name, members.standings[member] == .active else { return false }
        var list = members
        list.standings[member] = .gone
        var transaction = EtcdTransaction()
        transaction.comparisons = [
            .modified(keys.members, members.revision), .modified(keys.life(of: name), lifeRevision),
        ]
        transaction.success = [.put(keys.members, list.value)]
        let answer = try commit(transaction)
        guard answer.succeeded else { return false }
        list.revision = answer.revision
        members = list
        return true
    }

    /// Bytes that etcd really needs.
    package func sizeInUse() throws(Failure) -> Int {
        do throws(EtcdFailure) { return try store.sizeInUse() } catch { throw .noAnswer(error) }
    }
}
