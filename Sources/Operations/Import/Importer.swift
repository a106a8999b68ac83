import Formats
import Gateway
import Journal
import KHOINS
import Ledger
import System

/// Takes deliveries in, many at a time.
package struct Importer: ~Copyable {
    /// What became of the lines.
    package struct Counts: Equatable {
        package var created = 0
        package var updated = 0
        package var duplicate = 0
        package var rejected = 0
        package var answered = 0
        package var unusable = 0
        /// From addresses that were not asked for.
        package var elsewhere = 0
        /// Could not be stored, because something lies in the way of their record.
        package var failed = 0

        /// Whether everything that was asked for is there now.
        package var isComplete: Bool { rejected + unusable + failed == 0 }
    }

    /// A delivery that was taken in.
    package struct Taken {
        package enum Effect: String {
            case created
            case updated
            case duplicate
            case rejected
        }

        package var line: Int
        /// When it arrived.
        package var time: Timestamp?
        /// What it says; `nil` for what was no callback.
        package var callback: Callback?
        /// As `list` and `show` name its record.
        package var id: String?
        package var result: Effect

        fileprivate init(_ line: Int, _ submission: Submission, _ result: Effect) {
            self.line = line
            self.result = result
            time = submission.delivery?.receivedAt
            callback = submission.callback
            let isTransaction = callback?.kind == .transaction
            id = (isTransaction ? callback?.trxid : nil) ?? submission.recordName?.shown
        }
    }

    /// Where deliveries go.
    package enum Destination {
        case ledger(Ledger)
        /// To the service that takes them in a cluster.
        case service(([Submission]) -> Ledger.Commit)
        /// Nowhere: it is only said what would become of them.
        case rehearsal(Rehearsal)

        fileprivate func commit(_ submissions: [Submission]) -> Ledger.Commit {
            switch self {
            case .ledger(let ledger): ledger.commit(submissions)
            case .service(let commit): commit(submissions)
            case .rehearsal(let rehearsal): Ledger.Commit(outcomes: rehearsal.outcomes(of: submissions))
            }
        }

        fileprivate func moveCheckpoint() throws(LedgerError) {
            if case .ledger(let ledger) = self { try ledger.moveCheckpoint() }
        }

        fileprivate var isRehearsal: Bool {
            if case .rehearsal = self { true } else { false }
        }
    }

    /// A batch holds the lock of the data directory, for which callbacks wait, so it must be done in a moment.
    private static let batchCount = 512
    private static let batchBytes = 2 << 20

    private let destination: Destination
    private var rejected: RejectedIndex
    private let policy: AccessPolicy
    private let maximumBody: Int
    /// Tells the operator about a line that could not be used.
    private let complain: (_ line: Int, _ reason: String) -> Void
    private let tell: (Taken) -> Void

    package private(set) var counts = Counts()
    private var batch: [(line: Int, submission: Submission)] = []
    private var batchedBytes = 0
    /// What became of lines of the batch that comes next, and is to be told with it, in the order of the lines.
    private var settled: [Taken] = []

    package init(
        to destination: Destination, rejected: consuming RejectedIndex, policy: AccessPolicy, maximumBody: Int,
        complain: @escaping (Int, String) -> Void, tell: @escaping (Taken) -> Void = { _ in }
    ) {
        self.destination = destination
        self.rejected = rejected
        self.policy = policy
        self.maximumBody = maximumBody
        self.complain = complain
        self.tell = tell
    }

    /// Takes in a line, at the latest with the next `finish`.
    package mutating func take(_ line: LoggedLine, number: Int) throws(LedgerError) {
        switch line {
        case .blank: return
        case .answered: counts.answered += 1
        case .elsewhere: counts.elsewhere += 1
        case .unusable(let reason): refuse(number, reason)
        case .logged(let delivery):
            if policy.refusal(of: Request { $0 == "REMOTE_ADDR" ? delivery.remoteAddress : nil }) != nil {
                refuse(number, "its address is not one that may post (KHOINS_ALLOW)")
            } else {
                try take(delivery, isLogged: true, number: number)
            }
        case .raw(let delivery): try take(delivery, isLogged: false, number: number)
        }
    }

    /// Everything taken so far is durable and in its record on return.
    package mutating func finish() throws(LedgerError) {
        let batch = self.batch
        defer {
            for taken in settled.sorted(by: { $0.line < $1.line }) { tell(taken) }
            settled = []
        }
        if batch.isEmpty { return }
        self.batch = []
        batchedBytes = 0
        let commit = destination.commit(batch.map(\.submission))
        for (item, outcome) in zip(batch, commit.outcomes) {
            let result: Taken.Effect
            switch outcome {
            case .success(.filed(_, _, .created)):
                counts.created += 1
                result = .created
            case .success(.filed(_, _, .updated)):
                counts.updated += 1
                result = .updated
            case .success(.filed(_, _, .duplicate)), .success(.filed(_, _, .none)):
                counts.duplicate += 1
                result = .duplicate
            case .success(.rejected(let rejection)):
                counts.rejected += 1
                result = .rejected
                let kept = destination.isRehearsal ? "to be kept" : "kept"
                complain(item.line, "\(rejection.explanation); \(kept) under rejected/")
            case .failure(let error):
                guard error.concernsOneRecord else { throw error }
                counts.failed += 1
                complain(item.line, "not stored: \(error.explanation)")
                continue
            }
            settled.append(Taken(item.line, item.submission, result))
        }
        if commit.isCheckpointDue { try destination.moveCheckpoint() }
    }

    private mutating func take(_ delivery: Delivery, isLogged: Bool, number: Int) throws(LedgerError) {
        guard delivery.body.count <= maximumBody else {
            refuse(number, "the body is larger than \(maximumBody) bytes")
            return
        }
        var delivery = delivery
        delivery.imported = true
        let submission = Submission(delivery)
        if let rejection = submission.rejection {
            // A line of nobody knows what is still in its file; a body that came over the network is kept like any.
            guard isLogged else {
                refuse(number, rejection.explanation)
                return
            }
            if try rejected.contains(delivery) {
                counts.duplicate += 1
                settled.append(Taken(number, submission, .duplicate))
                return
            }
            rejected.add(delivery)
        }
        batch.append((number, submission))
        batchedBytes += delivery.body.count
        if batch.count >= Self.batchCount || batchedBytes >= Self.batchBytes { try finish() }
    }

    private mutating func refuse(_ number: Int, _ reason: String) {
        counts.unusable += 1
        complain(number, reason)
    }
}
