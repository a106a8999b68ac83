import System

/// The files of `rejected/`.
extension RecordStore {
    /// Writes the file of a rejected delivery, unless it is there already as it should be.
    package func write(_ rejected: RejectedDelivery) throws(LedgerError) {
        if try confirm(rejected, isSynced: nil) { return }
        try rewrite(rejected)
    }

    /// Writes the file of a rejected delivery, whatever is there.
    func rewrite(_ rejected: RejectedDelivery) throws(LedgerError) {
        try directories.rejected.replace(
            rejected.fileName, with: rejected.json, through: Self.temporaryName, clearing: true)
    }

    /// Keeps bytes that are no delivery, durably, where an operator looks.
    func keep(_ bytes: [UInt8], as name: String) throws(LedgerError) {
        try directories.rejected.replace(name, with: bytes, through: Self.temporaryName, synced: true)
        try directories.rejected.sync()
    }

    /// Removes the file of a rejected delivery; none there is fine.
    package func remove(_ rejected: RejectedDelivery) throws(LedgerError) {
        try directories.rejected.removeIfPresent(rejected.fileName)
    }

    /// - Parameter isSynced: See the `confirm` of records; `nil` where nobody asks whether it was written.
    /// - Returns: Whether the file of a rejected delivery is as it should be.
    func confirm(_ rejected: RejectedDelivery, isSynced: Bool?) throws(LedgerError) -> Bool {
        do throws(LedgerError) {
            guard let file = try directories.rejected.openIfPresent(rejected.fileName) else { return false }
            if let isSynced {
                try file.confirmWritten(isSynced: isSynced)
                if !watch.covers(nil, rejected.position) { file.forgetPages() }
            }
            return try file.readAll() == rejected.json
        } catch {
            guard directories.rejected.isOfFile(error) else { throw error }
            return false
        }
    }

    /// The names of all files of rejected deliveries, in no order.
    func rejectedNames() throws(LedgerError) -> [String] { try directories.rejected.names() }

    /// The bytes of the file of a rejected delivery, none in what cannot be read; `nil` where there is none.
    package func rejected(_ name: String) throws(LedgerError) -> [UInt8]? {
        do throws(LedgerError) {
            return try directories.rejected.openIfPresent(name)?.readAll()
        } catch {
            guard directories.rejected.isOfFile(error) else { throw error }
            return []
        }
    }
}
