import Glibc

extension Ledger {
    /// Finds out whether a delivery could be stored now, by doing for a moment what storing does: taking the lock,
    /// bringing the directory into order, writing and syncing a file. Leaves nothing behind.
    ///
    /// - Returns: Why it could not; `nil` if it could.
    package func probe() -> LedgerError? {
        do throws(LedgerError) {
            try locked(inPlace: Parts.folders) { (parts) throws(LedgerError) in try parts.journal.probe() }
            return nil
        } catch {
            return error
        }
    }
}

extension Journal {
    static let probeName = ".probe"

    func probe() throws(LedgerError) {
        let file = try reader.directory.open(Self.probeName, O_WRONLY | O_CREAT | O_TRUNC)
        do throws(LedgerError) {
            try file.write([UInt8](repeating: UInt8(ascii: "\n"), count: 4096))
            try file.syncData()
        } catch {
            try? reader.directory.removeIfPresent(Self.probeName)
            throw error
        }
        try reader.directory.removeIfPresent(Self.probeName)
    }
}
