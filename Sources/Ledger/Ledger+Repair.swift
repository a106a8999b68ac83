import Journal
import System

extension Ledger {
    /// Mends from the journal what was found, as far as that can be done: records that are missing, damaged or
    /// different are written anew. Nothing else changes. What is mended is durable on return, as the checkpoint may have
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
        if names.isEmpty { return findings }
        let opened = try prepared()
        let mended = try locked(again: opened) { (directory) throws(LedgerError) in
            var mended: Set<RecordName> = []
            for (name, record) in try directory.rebuild(names) {
                if case .record(let old) = try opened.store.remains(of: name), old.holdsMore(than: record) { continue }
                do throws(LedgerError) {
                    try opened.store.write(record.json, name)
                    mended.insert(name)
                } catch {
                    guard error.concernsOneRecord else { throw error }
                }
            }
            return mended
        }
        if !mended.isEmpty { try opened.store.sync(mended) }
        return findings.map { finding in
            var finding = finding
            finding.isRepaired = RecordName(path: finding.path).map(mended.contains) ?? false
            return finding
        }
    }
}
