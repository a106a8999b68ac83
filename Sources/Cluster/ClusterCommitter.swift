import Formats
import Glibc
import Journal
import Ledger
import System

/// Commits what comes to this server by agreeing on it with the others first, and beside that applies what they send.
package final class ClusterCommitter: Committer, @unchecked Sendable {
    // Everything but `waiting` is touched with `gate` held.

    /// Seconds for which a caller waits, and where nothing has been agreed for a while.
    private static let patience = (usual: 5, whileIll: 1)
    /// Nanoseconds after which an answer of all of etcd is too old to call this server well.
    private static let confirmed: Int64 = 3_000_000_000
    /// Nanoseconds between two questions to all of etcd, and between two looks at all members.
    private static let (confirmEvery, lookEvery): (Int64, Int64) = (1_000_000_000, 2_000_000_000)
    /// Nanoseconds between two lines in the log.
    private static let tellEvery: Int64 = 5_000_000_000
    /// Milliseconds between two questions to this server's own etcd, and after one that had no answer.
    private static let (pause, retry): (UInt32, UInt32) = (50, 20)

    package let recent: RecentWrites

    private let gate = Locked(())
    /// Batches that wait for the gate: whoever applies others' lets them in first.
    private let waiting = Locked(0)
    private let store: any EtcdStore
    private let ledger: Ledger
    private let identity: ClusterIdentity
    private let version: String
    private let handOver: HandOver

    private var journal: LedgerJournal?
    private var member: Member?
    private var retention = Retention()
    private var lastConfirmed: Int64 = .min / 2
    private var lastLook: Int64 = .min / 2
    /// There may be more to be applied than was.
    private var isBehind = true
    private var problem: LedgerError?
    private var told: String?
    private var lastTold: Int64 = .min / 2
    private var different: [String] = []
    private var tell: @Sendable (LedgerError) -> Void = { _ in }
    private var isFinished = false
    /// What was found out last.
    private let known: Locked<ClusterOverview?> = Locked(nil)

    /// - Parameters:
    ///   - path: The data directory; it alone adds to it from now on.
    ///   - version: Of this build.
    package init(_ identity: ClusterIdentity, path: String, store: sending any EtcdStore, version: String) {
        recent = RecentWrites()
        ledger = Ledger(path: path, expectsLoad: true, recent: recent)
        handOver = HandOver(path: path)
        self.identity = identity
        self.store = store
        self.version = version
    }

    package func start(
        didAppend: @escaping @Sendable (Ledger.Commit) -> Void, tell: @escaping @Sendable (LedgerError) -> Void
    ) throws(Thread.Failure) {
        gate.withLock { _ in
            self.tell = tell
            let journal = LedgerJournal(ledger, didAppend: didAppend)
            self.journal = journal
            member = Member(
                identity.member, of: identity.cluster, life: Self.word(), version: version, store: store,
                journal: journal)
        }
        try Thread.start { [self] in
            while let pause = tick() { usleep(pause * 1_000) }
        }
        // Callbacks are taken without it.
        do throws(LedgerError) { try handOver.serve { [self] in commit($0) } } catch { tell(error) }
    }

    package func finish() {
        handOver.remove()
        // Its mark is known to all before it goes, if that takes no longer than one question.
        gate.withLock { _ in
            isFinished = true
            step()
        }
    }

    /// A word that no other process has.
    package static func word() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(UInt64.random(in: UInt64.min...UInt64.max, using: &generator), radix: 16)
    }

    // MARK: Committing

    package func commit(_ submissions: [Submission]) -> Ledger.Commit {
        waiting.withLock { $0 += 1 }
        defer { waiting.withLock { $0 -= 1 } }
        return gate.withLock { _ in
            let deadline = Deadline(seconds: isWell ? Self.patience.usual : Self.patience.whileIll)
            var outcomes: [CommitResult] = []
            var rest = submissions[...]
            while !rest.isEmpty {
                var length = 0
                let part = rest.prefix { submission in
                    defer { length += submission.entry.maximumLength }
                    return length == 0 || length + submission.entry.maximumLength <= AgreedBatch.maximumLength
                }
                outcomes +=
                    outcomes.isEmpty || !deadline.hasPassed
                    ? agree(on: Array(part), until: deadline) : part.map { _ in .failure(problem ?? Self.late) }
                rest = rest.dropFirst(part.count)
            }
            // A busy server has no time beside that.
            lookAfterIfDue()
            return Ledger.Commit(outcomes: outcomes)
        }
    }

    private func agree(on submissions: [Submission], until deadline: Deadline) -> [CommitResult] {
        func failed(_ error: LedgerError) -> [CommitResult] { submissions.map { _ in .failure(error) } }
        guard let member, let journal else { preconditionFailure("it was started before anybody is served") }
        if submissions.contains(where: { $0.entry.maximumLength > AgreedBatch.maximumEntry }) {
            return failed(.notAgreed(reason: "it is longer than etcd takes"))
        }
        // What could not be finished before comes first.
        while member.underWay != nil {
            guard proceed(until: deadline) else { return failed(problem ?? Self.late) }
        }
        let nonce = Self.word()
        journal.expect(submissions, nonce: nonce)
        // Before that, the number of this batch is not known.
        while case let isKnown = started(member), !isKnown {
            guard wait(until: deadline) else { return failed(problem ?? Self.late) }
        }
        member.propose(submissions.map(\.entry), nonce: nonce)
        while member.underWay != nil {
            guard proceed(until: deadline) else { return failed(problem ?? Self.late) }
        }
        return journal.outcomes ?? failed(problem ?? Self.late)
    }

    private static let late = LedgerError.notAgreed(reason: "it took too long; it may be agreed later")

    private func started(_ member: Member) -> Bool {
        do throws(Member.Failure) {
            try member.start()
            return true
        } catch {
            note(error)
            return false
        }
    }

    /// Does one step; where that fails, waits a little.
    ///
    /// - Returns: Whether there is time for another.
    private func proceed(until deadline: Deadline) -> Bool {
        if step() { return !deadline.hasPassed || member?.underWay == nil }
        return wait(until: deadline)
    }

    private func wait(until deadline: Deadline) -> Bool {
        if hasStopped || deadline.hasPassed { return false }
        usleep(Self.retry * 1_000)
        return true
    }

    // MARK: Beside that

    /// Applies what others have sent, and looks after etcd.
    ///
    /// - Returns: Milliseconds until the next time; `nil` for none.
    private func tick() -> UInt32? {
        // Whoever commits applies everything too.
        if waiting.withLock({ $0 }) > 0 { return 2 }
        return gate.withLock { _ in
            if isFinished { return nil }
            let asksAll = member?.underWay != nil || Clock.nanoseconds - lastConfirmed >= Self.confirmEvery
            guard step(isLocal: !asksAll) else { return hasStopped ? 1_000 : Self.pause }
            lookAfterIfDue()
            return isBehind ? 0 : Self.pause
        }
    }

    @discardableResult
    private func step(isLocal: Bool = false) -> Bool {
        guard let member else { return false }
        do throws(Member.Failure) {
            let isOfAll = !isLocal || member.underWay != nil
            isBehind = try member.step(isLocal: isLocal).hasMore
            if isOfAll { lastConfirmed = Clock.nanoseconds }
            note(nil)
            return true
        } catch {
            note(error)
            return false
        }
    }

    private func lookAfterIfDue() {
        let now = Clock.nanoseconds
        guard let member, isWell, now - lastLook >= Self.lookEvery else { return }
        // Also where it fails, it is not tried at once again.
        lastLook = now
        do throws(Member.Failure) {
            let survey = try member.lookAfter()
            if survey.different != different, !survey.different.isEmpty {
                let names = survey.different.joined(separator: " and ")
                tell(.outOfStep(reason: "this journal is not what \(names) has: if that one is right"))
            }
            different = survey.different
            let size = try member.sizeInUse()
            known.withLock { known in
                var overview = ClusterOverview(identity, now: .now)
                overview.take(survey)
                overview.size = size
                known = overview
            }
            let left = retention.judge(survey, by: member.name, total: member.mark.total, size: size, now: now)
            if let left, try member.leaveBehind(left) {
                tell(.notAgreed(reason: "\(left) was too far behind, and the others go on without it: seed it anew"))
            }
        } catch {
            note(error)
        }
    }

    private var hasStopped = false

    /// Takes note of how it went, and tells what is new in it.
    private func note(_ failure: Member.Failure?) {
        problem = failure?.error
        publish(problem)
        if case .stopped? = failure { hasStopped = true }
        guard let problem else {
            told = nil
            return
        }
        let now = Clock.nanoseconds
        // Trouble that comes and goes does not fill the log; that this server has stopped is always told.
        if told == problem.explanation || now - lastTold < Self.tellEvery && !hasStopped { return }
        (told, lastTold) = (problem.explanation, now)
        tell(problem)
    }

    package func overview(_ now: Timestamp) -> ClusterOverview? {
        known.withLock { known in
            known?.now = now
            return known
        }
    }

    /// Takes note for whoever asks how it is.
    private func publish(_ problem: LedgerError?) {
        known.withLock { known in
            guard problem != nil || known?.problem != nil else { return }
            if known == nil { known = ClusterOverview(identity, now: .now) }
            known?.problem = problem?.explanation
        }
    }

    private var isWell: Bool { !hasStopped && Clock.nanoseconds - lastConfirmed < Self.confirmed }

    package func probe() -> LedgerError? {
        gate.withLock { _ in
            if let problem, hasStopped { return problem }
            if !isWell { step() }
            if !isWell { return problem ?? Self.late }
            if isBehind { return .notAgreed(reason: "this server is still reading what the others have agreed on") }
            return journal?.probe()
        }
    }
}
