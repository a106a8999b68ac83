import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

extension DataFolder {
    /// Archives everything that is final.
    @discardableResult
    func archive(olderThan cutoff: Timestamp = .test(1_000_000)) throws -> ArchiveSummary {
        try ledger().archive(olderThan: cutoff)
    }

    func archiveDirectory() throws -> Directory { try Directory(openingPath: path(of: ArchiveMonth.directoryName)) }

    func store() throws -> RecordStore { try RecordStore(lookingAt: path) }

    /// What a look-up finds, live or archived.
    func found(_ trxid: String) throws -> Record? {
        let name = try #require(RecordName(trxid: trxid))
        if case .record(let record) = try store().load(name) { return record }
        return nil
    }

    func isLive(_ trxid: String) -> Bool { exists("transactions/\(trxid).json") }

    /// The trxids of the whole lines of all archive files, in order.
    func archivedNames() throws -> [String] {
        guard let directory = try store().rootDirectory(ArchiveMonth.directoryName) else { return [] }
        var names: [String] = []
        for month in try directory.archiveMonths() {
            try ArchiveFile(month, in: directory)?.read { piece in
                if case .line(_, let name, _) = piece { names.append(String(name.file.dropLast(5))) }
                return true
            }
        }
        return names
    }

    func findings() throws -> [Finding] { try Verifier(path: path).findings() }
}

extension Ledger {
    /// Commits deliveries that set a record's status, one after another.
    func commit(_ trxid: String, _ statuses: String...) {
        for status in statuses { _ = commit(.test(trxid, status)) }
    }
}
