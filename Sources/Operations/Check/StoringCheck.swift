import Ledger
import System

/// What trying to store a callback came to.
package struct StoringTrial: Sendable {
    /// Why it failed; `nil` if it did not.
    package var failure: String?
    /// Why it was not tried; `nil` if it was.
    package var untried: String?
}

/// Looks whether a callback could be stored now, by doing for a moment what storing does.
package enum StoringCheck {
    private static let subject = "storing"

    /// - Parameters:
    ///   - path: A data directory that is there.
    ///   - isWhole: Whether all is there that a callback makes; if not, nothing of it is made either.
    ///   - seconds: How long others may keep the lock.
    package static func result(path: String, isWhole: Bool, within seconds: Int) -> CheckResult {
        if let error = isWhole ? Ledger(path: path, lockTimeout: seconds).probe() : DataDirectory.probeEmpty(path) {
            return CheckResult(.bad, subject, "no callback could be stored now: \(error.explanation)")
        }
        return CheckResult(.ok, subject, "a callback could be stored now")
    }

    /// Where this process has other rights than those who store.
    package static func skipped(owner: UInt32) -> CheckResult {
        CheckResult(.skipped, subject, "not tried: \(advice(owner))")
    }

    private static func advice(_ owner: UInt32) -> String { "run this as user \(owner), whose data it is, or as root" }

    /// The same for a data directory in whatever state, by the rights of its owner: what another user may do, root too,
    /// says nothing about who serves.
    package static func tried(at path: String) -> StoringTrial {
        guard let rights = try? Directory(openingPath: path).rights(of: ".") else {
            return StoringTrial(untried: "\(path) is not there yet, or cannot be looked into; `check` says more")
        }
        let outcome = OtherUser.acting(as: rights.owner, group: rights.group) { () -> LedgerError? in
            let isWhole = (try? Snapshot(lookingAt: path).missing.isEmpty) ?? true
            return isWhole ? Ledger(path: path).probe() : DataDirectory.probeEmpty(path)
        }
        guard let outcome else { return StoringTrial(untried: advice(rights.owner)) }
        return StoringTrial(failure: outcome?.explanation)
    }
}
