import Journal
import System

/// Says what a ledger would make of submissions; makes nothing, needs no right to write, takes no lock.
///
/// Keeps every record that they are about in memory, as the later ones build on the earlier ones.
package final class Rehearsal {
    /// `nil` where nothing was ever kept.
    private let records: Records?
    private let materialiser = Materialiser()
    /// Behind all that a journal holds.
    private var position = Position(1 << 60)

    /// A class, so that it can be optional.
    private final class Records {
        let reader: RecordReader

        init(_ reader: consuming RecordReader) {
            self.reader = reader
        }
    }

    /// - Parameter path: A data directory, or one that a ledger would make: its parent is there.
    package init(path: String) throws(LedgerError) {
        guard let reader = try RecordReader(path: path) else {
            records = nil
            return
        }
        records = Records(reader)
    }

    /// What would become of each, were they committed now, behind those of earlier calls.
    package func outcomes(of submissions: [Submission]) -> [CommitResult] {
        submissions.map { submission in
            do throws(LedgerError) {
                return .success(try outcome(of: submission))
            } catch {
                return .failure(error)
            }
        }
    }

    private func outcome(of submission: Submission) throws(LedgerError) -> Outcome {
        let content = submission.entry.content
        if let name = content.recordName(interpretation: submission.interpretation), !materialiser.knows(name) {
            materialiser.begin(name, with: try base(of: name))
        }
        position = position.next
        return materialiser.apply(content, interpretation: submission.interpretation, at: position)
    }

    private func base(of name: RecordName) throws(LedgerError) -> Record? {
        guard let records else { return nil }
        switch try records.reader.store.remains(of: name) {
        case .missing: return nil
        case .record(let record): return record
        case .damaged:
            let folded = try records.reader.journal.fold(upTo: nil) { (name) throws(LedgerError) in
                try records.reader.store.archived(name)?.record
            } _: {
                $0 == name
            }
            return folded[name]
        }
    }
}
