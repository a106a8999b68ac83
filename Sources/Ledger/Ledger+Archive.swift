import Formats
import Glibc
import Journal
import KHOINS
import System

/// What a run of `Ledger.archive` did.
package struct ArchiveSummary: Equatable, Sendable {
    /// Records that are now in the archive alone.
    package var records = 0
    /// Bytes of their own files.
    package var recordBytes = 0
    /// Archive files that were written to, and those among them that are new.
    package var archiveFiles = 0
    package var newArchiveFiles = 0
    /// Bytes that were added to them.
    package var archiveBytes = 0
    /// What cannot be read, or lies where records do and is none, below the data directory.
    package var unreadable: [String] = []
    package var journalFilesDropped = 0
    package var journalBytes = 0
    /// Journal files that only a cursor still needs, by the cursor's name.
    package var journalFilesHeld: [String: Int] = [:]

    package var inodesFreed: Int { records + journalFilesDropped - newArchiveFiles }
}

extension Ledger {
    /// Records that go into the archive between two indexes.
    private static let roundLength = 16_384
    /// Records that are removed in one hold of the lock, and milliseconds that one may last.
    private static let removalsPerHold = 256
    private static let milliseconds: Int64 = 20

    /// Moves final records on which nothing has arrived since `cutoff` into the archive, and drops journal files that
    /// nothing needs any more.
    ///
    /// Works beside a running service, whose lock it holds for moments only. Can be cut off anywhere: nothing is lost,
    /// and the next run goes on. Throws `inUse` if another process is archiving.
    ///
    /// - Parameter progress: Told how many of how many records have been looked at.
    package func archive(
        olderThan cutoff: Timestamp, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(LedgerError) -> ArchiveSummary {
        // Whoever writes makes them anew.
        var passedOver = Set(try Snapshot(lookingAt: path).journal.unusableFiles())
        let opened = try prepared()
        let directory = try opened.store.makeRootDirectory(ArchiveMonth.directoryName)
        guard let writer = try ArchiveWriter(directory) else { throw .inUse(path: ArchiveMonth.directoryName) }
        try publish(writer, opened)
        var summary = ArchiveSummary()
        var names: [RecordName] = []
        for folder in RecordName.Folder.allCases {
            names += try opened.store.fileNames(in: folder).map { RecordName(folder: folder, file: $0) }
        }
        let held = try opened.journal.stretches().map(\.positions)
        var witness = DroppedWitness(
            DroppedStretches(missing: held, before: held.last?.upperBound ?? .first))
        if !writer.isOpen { witness.doubtAll() }
        var round = Round()
        for (index, name) in names.enumerated() where writer.isOpen {
            if try !round.take(name, olderThan: cutoff, opened.store, &witness) {
                summary.unreadable.append(name.path)
            }
            if round.count == Self.roundLength {
                try finish(&round, writer, &summary, opened)
            }
            if index % 256 == 0 { progress(index, names.count) }
        }
        try finish(&round, writer, &summary, opened)
        summary.archiveFiles = writer.monthsWritten.count
        summary.newArchiveFiles = writer.newFiles
        progress(names.count, names.count)
        do throws(LedgerError) {
            try moveCheckpoint()
        } catch .cannotConfirm(let path) {
            passedOver.insert(path)
        }
        try dropJournal(&summary, opened, missing: witness.proven)
        passedOver.formUnion(writer.passedOver.union(opened.journal.unreadable).union(opened.store.unreadableArchive))
        summary.unreadable += passedOver.sorted()
        return summary
    }

    private func publish(_ writer: ArchiveWriter, _ opened: OpenedDirectory) throws(LedgerError) {
        try writer.publish { (rename) throws(LedgerError) in
            try locked(again: opened) { (_) throws(LedgerError) in try rename() }
        }
    }

    private func finish(
        _ round: inout Round, _ writer: ArchiveWriter, _ summary: inout ArchiveSummary, _ opened: OpenedDirectory
    ) throws(LedgerError) {
        var archived = round.archived
        for (month, lines) in round.lines.sorted(by: { $0.key < $1.key }) {
            guard try writer.takes(month) else { continue }
            let placed = try writer.append(lines, to: month)
            summary.archiveBytes += placed.reduce(0) { $0 + $1.length }
            archived += zip(lines, placed).map { ($0.name, $1) }
        }
        round = Round()
        try publish(writer, opened)
        var rest = archived[...]
        while !rest.isEmpty {
            try locked(again: opened) { (directory) throws(LedgerError) in
                try remove(&rest, directory.store, writer, &summary)
            }
            // Those who wait for the lock ask for it every two milliseconds, and would not get a turn otherwise.
            if !rest.isEmpty { usleep(4_000) }
        }
    }

    /// Removes files of records that are as the archive has them, under the lock.
    private func remove(
        _ rest: inout ArraySlice<(name: RecordName, placed: ArchiveWriter.Placed)>, _ store: borrowing RecordStore,
        _ writer: ArchiveWriter, _ summary: inout ArchiveSummary
    ) throws(LedgerError) {
        let start = Timestamp.now
        var count = 0
        while let (name, placed) = rest.first, count < Self.removalsPerHold,
            Timestamp.now.microseconds - start.microseconds < Self.milliseconds * 1_000
        {
            rest.removeFirst()
            count += 1
            guard let live = try store.bytes(of: name),
                try writer.line(placed) == ArchiveLine.unchecked(name, file: live)
            else { continue }
            try store.remove(name)
            summary.records += 1
            summary.recordBytes += live.count
        }
    }
}

/// Records that are archived together.
private struct Round {
    private(set) var count = 0
    private(set) var lines: [ArchiveMonth: [(name: RecordName, bytes: [UInt8])]] = [:]
    /// What an earlier run has put there already.
    private(set) var archived: [(name: RecordName, placed: ArchiveWriter.Placed)] = []

    /// Takes in a record, if it is final and old.
    ///
    /// - Parameter witness: Told of each record.
    /// - Returns: `false` if it is no record that can be read.
    mutating func take(
        _ name: RecordName, olderThan cutoff: Timestamp, _ store: borrowing RecordStore, _ witness: inout DroppedWitness
    ) throws(LedgerError) -> Bool {
        let found = try store.remains(of: name, inArchiveToo: false)
        if case .damaged = found {
            witness.doubtAll()
            return false
        }
        guard case .record(let record) = found else { return true }
        try witness.see(name, record, store)
        guard record.status.isFinal, record.lastArrival < cutoff,
            let line = ArchiveLine.bytes(name, file: record.json)
        else { return true }
        count += 1
        if let newest = try store.archived(name), newest.record == record {
            archived.append((name, ArchiveWriter.Placed(location: newest.location, length: line.count)))
        } else {
            lines[ArchiveMonth(record.receivedAt), default: []].append((name, line))
        }
        return true
    }
}
