import Formats
import Journal
import KHOINS
import System

/// Something to be committed, made ready without the lock: read and encoded once.
package final class Submission: Sendable {
    package let entry: EntryDraft
    let interpretation: Interpretation?
    /// The record that it is about; `nil` for what is about none.
    package let recordName: RecordName?

    package init(_ delivery: Delivery) {
        entry = EntryDraft(.delivery(delivery))
        let interpretation = Interpretation(delivery)
        self.interpretation = interpretation
        recordName = interpretation.recordName
    }

    /// Takes an entry that another server has read and encoded.
    package init(_ entry: EntryDraft) {
        self.entry = entry
        if case .delivery(let delivery) = entry.content {
            interpretation = Interpretation(delivery)
        } else {
            interpretation = nil
        }
        recordName = entry.content.recordName(interpretation: interpretation)
    }

    /// Why this will be kept under `rejected/`; `nil` where it will be filed in a record.
    package var rejection: Rejection? {
        if case .rejected(let rejection) = interpretation { rejection } else { nil }
    }

    /// What it says, if it is a delivery that will be filed in a record.
    package var callback: Callback? {
        if case .callback(let callback, _) = interpretation { callback } else { nil }
    }

    /// When it arrived and how many bytes its body has, if it is a delivery.
    package var arrival: (time: Timestamp, length: Int)? {
        if case .delivery(let delivery) = entry.content { (delivery.receivedAt, delivery.body.count) } else { nil }
    }

    /// What is to be stored, if it is a delivery.
    package var delivery: Delivery? {
        if case .delivery(let delivery) = entry.content { delivery } else { nil }
    }

    package init(_ expectation: Expectation) {
        entry = EntryDraft(.expectation(expectation))
        interpretation = nil
        recordName = RecordName(trxid: expectation.trxid)
    }
}

/// What became of a submission that was stored.
package enum Outcome: Equatable, Sendable {
    /// It is in a record, with these ids.
    case filed(trxid: String?, memberid: String?, change: Change)
    /// It is kept under `rejected/`.
    case rejected(Rejection)
}

/// What became of a submission. `Result` would be the same: its first use costs a process 200,000 instructions, since
/// the runtime looks through all types of the program for what its error is.
package enum CommitResult: Equatable, Sendable {
    case success(Outcome)
    case failure(LedgerError)

    package func get() throws(LedgerError) -> Outcome {
        switch self {
        case .success(let outcome): return outcome
        case .failure(let error): throw error
        }
    }

    var isFiled: Bool {
        if case .success(.filed) = self { true } else { false }
    }
}
