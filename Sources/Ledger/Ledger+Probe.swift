import Glibc
import Journal
import System

extension Ledger {
    /// Finds out whether a delivery could be stored now, by doing for a moment what storing does: taking the lock,
    /// bringing the directory into order, writing and syncing a file, making one in each directory of records. Leaves
    /// nothing behind.
    ///
    /// - Returns: Why it could not; `nil` if it could.
    package func probe() -> LedgerError? {
        do throws(LedgerError) {
            try locked(inPlace: Parts.folders) { (parts) throws(LedgerError) in
                try parts.journal.probe()
                try parts.store.probe()
            }
            return nil
        } catch {
            return error
        }
    }
}
