import Glibc
import Journal
import KHOINS
import System

/// Compares the journal with the records, both ways. Changes nothing.
package struct Verifier: ~Copyable {
    /// Bytes of journal whose records are folded in memory at a time; a longer journal is read several times.
    private static let bytesPerPass = 128 << 20

    private let path: String
    private let store: RecordStore
    private let journal: Journal

    package init(path: String) throws(LedgerError) {
        let snapshot = try Snapshot(lookingAt: path)
        store = snapshot.store
        journal = snapshot.journal
        self.path = path
    }

    /// Everything that is found, in the order of paths.
    ///
    /// Works beside a running service: what seems wrong is looked at once more, as it may just have changed.
    ///
    /// - Parameter progress: Told how much of the whole is done, from 0 to 1.
    package func findings(progress: @escaping (Double) -> Void = { _ in }) throws(LedgerError) -> [Finding] {
        try waitForRecovery()
        // Without a vouched end, as after a restart of the machine, everything in the journal counts.
        let end = try journal.state().acknowledged
        let length = try journal.stretches().reduce(0) { $0 + $1.bytes }
        let passes = length / Self.bytesPerPass + 1
        var share = Share(passes: passes, progress)
        let archive = try ArchiveReader(path: path)
        var findings = try damagedStretches(upTo: end) + archive.findings()
        findings += try unusable(besides: Set(findings.map(\.path))) + rejected()
        // Without the archive nobody can say which records there should be.
        if !archive.isOpenable { return findings.sorted { ($0.path, $0.detail) < ($1.path, $1.detail) } }
        var explained: Set<RecordName> = []
        for pass in 0..<passes {
            let folded = try fold(upTo: end) {
                share.read($0, of: length)
            } _: {
                $0.file.utf8Sum % passes == pass
            }
            var suspects: Set<RecordName> = []
            for (name, record) in folded {
                if try difference(of: name, from: record) != nil { suspects.insert(name) }
                share.compared(1, of: folded.count)
            }
            if !suspects.isEmpty {
                let newEnd = try journal.state().acknowledged
                var differences: [RecordName: Finding] = [:]
                for (name, record) in try fold(upTo: newEnd, { suspects.contains($0) }) {
                    differences[name] = try difference(of: name, from: record)
                }
                let explained = try explainedByUnacknowledged(Set(differences.keys), behind: newEnd)
                for (name, finding) in differences where !explained.contains(name) {
                    if try !isJustAhead(name, of: newEnd) { findings.append(finding) }
                }
            }
            explained.formUnion(folded.keys)
        }
        findings += try leftovers(explained: explained)
        return findings.sorted { ($0.path, $0.detail) < ($1.path, $1.detail) }
    }

    /// Waits for a process that makes records right after a restart of the machine, as long as it gets on with that.
    private func waitForRecovery() throws(LedgerError) {
        var (last, still) = (Position?.none, 0)
        while let unproven = try journal.state().unproven, !unproven.isEmpty, still < 50 {
            still = last == unproven.start ? still + 1 : 0
            last = unproven.start
            usleep(20_000)
        }
    }

    /// Folds records from what the archive has of them, as their older journal files may be gone.
    private func fold(
        upTo end: Position?, passed: (Int) -> Void = { _ in }, _ isWanted: (RecordName) -> Bool
    ) throws(LedgerError) -> [RecordName: Record] {
        try journal.fold(upTo: end, passed: passed) { (name) throws(LedgerError) in
            try store.archived(name)?.record
        } _: {
            isWanted($0)
        }
    }

    /// What is wrong with a record, given what the journal makes of it; `nil` if nothing is.
    private func difference(of name: RecordName, from folded: Record) throws(LedgerError) -> Finding? {
        let found = try store.remains(of: name)
        if case .record(let record) = found, record.json == folded.json { return nil }
        if let path = try store.unreadableArchive(of: name) {
            // What the journal alone makes of it is not all of it, and must not take its place.
            return Finding(kind: .archive, path: name.path, detail: "\(path), which may hold it, cannot be read")
        }
        switch found {
        case .missing:
            return Finding(kind: .missing, path: name.path, detail: "the journal has \(folded.countInWords)")
        case .damaged:
            return Finding(kind: .damaged, path: name.path, detail: "the file is no whole record")
        case .record(let record):
            if record.holdsMore(than: folded) { return .unknown(name) }
            return Finding(
                kind: .different, path: name.path, detail: "the record is not what its deliveries make of it")
        }
    }

    /// Whether a record has taken in entries since the journal was read, of which a live process vouches for, or does in
    /// a moment, when its batch is done.
    private func isJustAhead(_ name: RecordName, of end: Position?) throws(LedgerError) -> Bool {
        guard let end, case .record(let record) = try store.remains(of: name), let applied = record.appliedUpTo,
            applied >= end
        else { return false }
        for _ in 0..<200 {
            if let newEnd = try journal.state().acknowledged, applied < newEnd { return true }
            usleep(5_000)
        }
        return false
    }

    /// Those of some records that are what the journal makes of them with the entries that nobody vouches for yet: a
    /// process has stored these, and filed them, and is about to say so, or was killed before it could. Then the next one
    /// does.
    private func explainedByUnacknowledged(
        _ names: Set<RecordName>, behind end: Position?
    ) throws(LedgerError) -> Set<RecordName> {
        guard let end, !names.isEmpty else { return [] }
        var explained: Set<RecordName> = []
        for (name, folded) in try fold(upTo: nil, { names.contains($0) }) {
            guard case .record(let record) = try store.remains(of: name), let applied = record.appliedUpTo,
                applied >= end, record.json == folded.json
            else { continue }
            explained.insert(name)
        }
        return explained
    }

    private func damagedStretches(upTo end: Position?) throws(LedgerError) -> [Finding] {
        var findings: [Finding] = []
        try journal.read(upTo: end) { (chunk) in
            findings += chunk.parsed().damage.map { Finding(kind: .journal, path: $0.path, detail: $0.words) }
            return true
        }
        return findings
    }

    /// The journal's own small files that are none, and files of it that not even damage can be seen in.
    private func unusable(besides known: Set<String>) throws(LedgerError) -> [Finding] {
        let paths = try journal.unusableFiles() + journal.unreadable.subtracting(known)
        return paths.map { Finding(kind: .journal, path: $0, detail: "it cannot be read, or not all of it") }
    }

    /// What lies under `rejected/` and cannot be read.
    private func rejected() throws(LedgerError) -> [Finding] {
        var findings: [Finding] = []
        // What was set aside is there to be looked at by a person, whatever it is.
        for name in try store.rejectedNames() where !RecordStore.isSetAside(name) {
            guard try store.rejected(name)?.isEmpty ?? false else { continue }
            let isOwn = RejectedDelivery.position(inFileName: name) != nil
            findings.append(
                Finding(
                    kind: isOwn ? .damaged : .leftover, path: "\(DataDirectory.rejectedName)/\(name)",
                    detail: "what lies there cannot be read"))
        }
        return findings
    }

    private func leftovers(explained: Set<RecordName>) throws(LedgerError) -> [Finding] {
        var unexplained: Set<RecordName> = []
        for folder in RecordName.Folder.allCases {
            for file in try store.fileNames(in: folder) {
                let name = RecordName(folder: folder, file: file)
                if !explained.contains(name) { unexplained.insert(name) }
            }
        }
        if unexplained.isEmpty { return [] }
        // They may have come in since the journal was read.
        let end = try journal.state().acknowledged
        let records = try fold(upTo: end) { unexplained.contains($0) }
        var findings: [Finding] = []
        let left = unexplained.subtracting(records.keys)
        for name in left.subtracting(try explainedByUnacknowledged(left, behind: end))
        where try !isJustAhead(name, of: end) {
            if let archived = try store.archived(name)?.record {
                // It was archived, but not removed yet.
                if let finding = try difference(of: name, from: archived) { findings.append(finding) }
            } else if case .record(let record) = try store.remains(of: name), record.belongs(under: name) {
                // It may be the only copy there is, and no rubbish.
                findings.append(.unknown(name))
            } else {
                findings.append(
                    Finding(kind: .leftover, path: name.path, detail: "no delivery in the journal explains this file"))
            }
        }
        return findings
    }

    /// How much of the whole work is done. Comparing takes about twice the time of reading.
    private struct Share {
        private let passes: Double
        private let tell: (Double) -> Void
        private var done = 0.0

        init(passes: Int, _ tell: @escaping (Double) -> Void) {
            self.passes = Double(passes)
            self.tell = tell
        }

        mutating func read(_ bytes: Int, of all: Int) { add(Double(bytes) / Double(max(all, 1)) / 3) }

        mutating func compared(_ records: Int, of all: Int) { add(Double(records) / Double(max(all, 1)) * 2 / 3) }

        private mutating func add(_ part: Double) {
            done = min(1, done + part / passes)
            tell(done)
        }
    }
}

extension Finding {
    fileprivate static func unknown(_ name: RecordName) -> Finding {
        Finding(kind: .unknown, path: name.path, detail: "the record holds deliveries that the journal lacks")
    }
}

extension Record {
    /// Whether this is the record of that name, as far as a record says. That of a top-up without a trxid does not.
    fileprivate func belongs(under name: RecordName) -> Bool {
        switch name.folder {
        case .transactions: callback.trxid.flatMap { RecordName(trxid: $0) } == name
        case .topups: callback.kind == .topup
        }
    }

    /// Whether there is a delivery here that `other` has not.
    func holdsMore(than other: Record) -> Bool {
        if omittedRepeats?.count ?? 0 > other.omittedRepeats?.count ?? 0 { return true }
        return deliveries.contains { own in
            guard let same = other.deliveries.first(where: { $0.body == own.body }) else { return true }
            return own.count > same.count
        }
    }

    fileprivate var countInWords: String {
        let count = deliveryCount
        return count == 1 ? "1 delivery of it" : "\(count) deliveries of it"
    }
}

extension String {
    /// Spreads names over passes; only has to be the same each time.
    fileprivate var utf8Sum: Int { utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } }
}
