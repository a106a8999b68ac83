import KHOINS
import TestSupport

@testable import Journal
@testable import Ledger
@testable import System

extension Submission {
    static func test(_ trxid: String = "abc-123", _ status: String = "Success", text: String = "") -> Submission {
        Submission(Delivery.test(trxid, status, text: text))
    }

    static func expecting(_ trxid: String = "abc-123", product: String? = "TH10") -> Submission {
        Submission(.test(trxid, product: product))
    }
}

extension Callback {
    static func test(
        _ status: Status = .success, kind: Kind = .transaction, trxid: String? = "abc-123", memberid: String? = nil,
        amount: Int? = nil, digest: String = ""
    ) -> Callback {
        Callback(
            kind: kind, trxid: trxid, status: status, memberid: memberid, amount: amount, messageDigest: digest)
    }
}

extension Ledger {
    /// Commits deliveries as one batch.
    func commit(_ deliveries: Delivery...) -> [CommitResult] {
        commit(deliveries.map { Submission($0) }).outcomes
    }
}

extension CommitResult {
    /// What a filed submission changed; `nil` for anything else.
    var change: Change? {
        if case .success(.filed(_, _, let change)) = self { change } else { nil }
    }

    var error: LedgerError? {
        if case .failure(let error) = self { error } else { nil }
    }
}
