import System

/// The files of `rejected/`.
extension RecordStore {
    /// Writes the file of a rejected delivery, unless it is there already as it should be.
    package func write(_ rejected: RejectedDelivery) throws(LedgerError) {
        if try confirm(rejected, written: false) { return }
        try rewrite(rejected)
    }

    /// Writes the file of a rejected delivery, whatever is there.
    func rewrite(_ rejected: RejectedDelivery) throws(LedgerError) {
        try directories.rejected.replace(rejected.fileName, with: rejected.json, through: Self.temporaryName)
    }

    /// Removes the file of a rejected delivery; none there is fine.
    package func remove(_ rejected: RejectedDelivery) throws(LedgerError) {
        try directories.rejected.removeIfPresent(rejected.fileName)
    }

    /// - Returns: Whether the file of a rejected delivery is as it should be.
    func confirm(_ rejected: RejectedDelivery, written: Bool = true) throws(LedgerError) -> Bool {
        guard let file = try directories.rejected.openIfPresent(rejected.fileName),
            try file.readAll() == rejected.json
        else { return false }
        if written { try file.confirmWritten() }
        return true
    }

    /// The names of all files of rejected deliveries, in no order.
    func rejectedNames() throws(LedgerError) -> [String] { try directories.rejected.names() }

    /// The bytes of the file of a rejected delivery; `nil` where there is none.
    package func rejected(_ name: String) throws(LedgerError) -> [UInt8]? {
        try directories.rejected.openIfPresent(name)?.readAll()
    }
}
