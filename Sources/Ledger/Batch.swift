import Journal
import System

/// Submissions on their way through a commit.
final class Batch {
    private let submissions: [Submission]
    private let names: [RecordName?]
    /// The records of the entries, once they have begun; `nil` for an entry that is about none, or whose record something
    /// lies in the way of.
    private var records: [RecordDraft?] = []
    let materialiser = Materialiser()
    private(set) var outcomes: [CommitResult] = []
    /// The records that something lies in the way of.
    private var obstructed: [RecordName: LedgerError] = [:]
    /// What makes these the entries of all servers of a cluster, whatever lies in the way here.
    let agreement: Agreement?

    init(_ submissions: [Submission], _ agreement: Agreement? = nil) {
        self.submissions = submissions
        self.agreement = agreement
        names = submissions.map(\.recordName)
    }

    var count: Int { submissions.count }

    var isObstructed: Bool { !obstructed.isEmpty }

    /// The directories that it may write in.
    var folders: [String] {
        var folders: [String] = []
        for name in names {
            let folder = name?.folder.rawValue ?? DataDirectory.rejectedName
            if !folders.contains(folder) { folders.append(folder) }
        }
        return folders
    }

    /// Makes the entries to be appended: all but those whose records cannot be read; of what was agreed, those too. To be
    /// called once.
    func makeDrafts() -> [JournalSession.Draft] {
        var drafts: [JournalSession.Draft] = []
        drafts.reserveCapacity(count)
        for (index, submission) in submissions.enumerated() {
            let record = records[index]
            if record == nil, names[index] != nil {
                if let agreement {
                    drafts.append(.init(submission.entry, updates: true, mark: agreement.marks[index]))
                }
                continue
            }
            let updates = record.map { $0.hasRecord || $0.isAwaited } ?? false
            drafts.append(.init(submission.entry, updates: updates, mark: agreement?.marks[index]))
            record?.isAwaited = true
        }
        return drafts
    }

    /// Folds the entries, whose numbers begin with `start`, into their records.
    func fold(from start: Position) {
        var position = start
        outcomes = []
        outcomes.reserveCapacity(count)
        for (index, submission) in submissions.enumerated() {
            if records[index] == nil, let name = names[index], let failure = obstructed[name] {
                outcomes.append(.failure(failure))
                if agreement != nil { position = position.next }
                continue
            }
            outcomes.append(
                .success(
                    materialiser.apply(
                        submission.entry.content, interpretation: submission.interpretation, at: position,
                        to: records[index])))
            position = position.next
        }
    }

    /// The records that the entries are about.
    var recordNames: Set<RecordName> { Set(names.compactMap { $0 }) }

    /// Notes the records that something lies in the way of.
    func fail(_ failures: [RecordName: LedgerError]) {
        if failures.isEmpty { return }
        obstructed.merge(failures) { $1 }
        for (index, name) in names.enumerated() {
            if let name, let failure = failures[name] { outcomes[index] = .failure(failure) }
        }
    }

    /// Takes the records that the entries are about from the directory.
    fileprivate func begin(_ base: (RecordName) throws(LedgerError) -> Record?) throws(LedgerError) {
        records = []
        records.reserveCapacity(count)
        for name in names {
            guard let name, obstructed.isEmpty || obstructed[name] == nil else {
                records.append(nil)
                continue
            }
            do throws(LedgerError) {
                records.append(try materialiser.draft(of: name, beginningWith: base))
            } catch {
                guard error.concernsOneRecord else { throw error }
                obstructed[name] = error
                records.append(nil)
            }
        }
        // Until the others are folded, there is nothing else to be told.
        if isObstructed { outcomes = names.compactMap { $0.flatMap { obstructed[$0] }.map { .failure($0) } } }
    }
}

extension LockedDirectory {
    /// Gives a batch the records that its entries are to be applied to. Entries are refused, before they are in the journal,
    /// whose record must be made anew from all of it first: nobody else is to wait for that.
    ///
    /// - Parameter remade: What came of that for these records.
    mutating func begin(_ batch: Batch, _ remade: Ledger.Remade?) throws(LedgerError) {
        let lost = session.unproven == nil || remade != nil ? [] : try replay(batch.recordNames)
        try store.lookingForArchiveOnce { () throws(LedgerError) in
            try batch.begin { (name) throws(LedgerError) in
                if lost.contains(name) { throw .mustBeRemade(path: name.path) }
                switch try store.load(name) {
                case .missing:
                    // Made anew without what it had, it could take a repeat for news, and a reversal for a first word.
                    if let path = try store.unreadableArchive(of: name) { throw .cannotRead(path: path) }
                    return nil
                case .record(let record): return record
                case .damaged:
                    guard let remade else { throw .mustBeRemade(path: name.path) }
                    // Whatever lies there cannot be read, though it was just written.
                    guard let record = try opened.rebuild([name], from: remade.known)[name] else {
                        throw remade.failures[name] ?? .cannotRebuild(path: name.path)
                    }
                    try store.write(record.json, name)
                    return record
                }
            }
        }
    }
}
