import Journal
import System

extension Ledger {
    /// Mends from the journal what was found, as far as that can be done: records that are missing, damaged or
    /// different are written anew, and so are files of rejected deliveries that cannot be read, and the journal's own small
    /// files. Nothing else changes. What is mended is durable on return, as the checkpoint may have
    /// passed it long ago, and no recovery would look at it again.
    ///
    /// - Returns: The findings, those that were mended marked so.
    package func repair(_ findings: [Finding]) throws(LedgerError) -> [Finding] {
        var names: Set<RecordName> = []
        for finding in findings {
            if [.missing, .damaged, .different].contains(finding.kind), let name = RecordName(path: finding.path) {
                names.insert(name)
            }
        }
        let rejected = findings.filter { $0.kind == .damaged && RecordName(path: $0.path) == nil }.map(\.path)
        let unusable = Set(findings.filter { $0.kind == .journal }.map(\.path))
            .intersection(try Snapshot(lookingAt: path).journal.unusableFiles())
        if names.isEmpty, rejected.isEmpty, unusable.isEmpty { return findings }
        let opened = try prepared()
        if !unusable.isEmpty { try moveCheckpoint() }
        let files = try rewrite(rejected, opened)
        let records = try remake(names, opened, for: .repair).written
        if !files.isEmpty || !records.isEmpty { try opened.store.sync(records, rejected: files) }
        let mended = unusable.subtracting(try opened.journal.unusableFiles()).union(files).union(records.map(\.path))
        return findings.map { finding in
            var finding = finding
            finding.isRepaired = mended.contains(finding.path)
            return finding
        }
    }

    /// Writes files of rejected deliveries anew.
    ///
    /// - Returns: Those that the journal still has.
    private func rewrite(_ paths: [String], _ opened: OpenedDirectory) throws(LedgerError) -> Set<String> {
        var mended: Set<String> = []
        for path in paths {
            guard let position = RejectedDelivery.position(inFileName: path) else { continue }
            var found: PlacedEntry?
            try opened.journal.read(from: position, upTo: position.next) { (chunk) in
                found = chunk.entries.first
                return found == nil
            }
            guard let found, case .delivery(let delivery) = found.entry.content,
                case .rejected(let rejection) = found.entry.interpretation
            else { continue }
            let file = RejectedDelivery(delivery: delivery, rejection: rejection, position: position)
            guard path == "\(DataDirectory.rejectedName)/\(file.fileName)" else { continue }
            do throws(LedgerError) {
                try locked(again: opened) { (directory) throws(LedgerError) in try directory.store.rewrite(file) }
                mended.insert(path)
            } catch {
                guard error.concernsOneRecord else { throw error }
            }
        }
        return mended
    }
}
