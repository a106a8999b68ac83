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
        let mended = Set(try remake(names, opened, for: .repair).written.map(\.path))
        if !mended.isEmpty {
            try opened.store.syncFileSystem()
            try opened.store.syncDirectories()
        }
        return findings.map { finding in
            var finding = finding
            finding.isRepaired = names.contains { $0.path == finding.path } && mended.contains(finding.path)
            return finding
        }
    }
}
