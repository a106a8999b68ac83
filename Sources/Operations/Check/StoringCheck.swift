import Ledger
import System

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
        CheckResult(.skipped, subject, "not tried: run this as user \(owner), whose data it is, or as root")
    }
}
