import Formats
import Journal
import System

/// What stands beside the archive's months, of those who tell what the journal no longer does.
final class ArchivedMonths {
    /// In order.
    let months: [ArchivedMonth]
    private let archive: Directory

    fileprivate init(_ months: [ArchivedMonth], _ archive: consuming Directory) {
        self.months = months
        self.archive = archive
    }

    /// Whose line begins there; `nil` where none does that can be read.
    func name(_ row: ArchivedMonth.Row, of month: ArchivedMonth) throws(LedgerError) -> RecordName? {
        try archive.name(ofLineAt: row.offset, in: month.month)
    }
}

/// Brings what stands beside the archive's months up to date: takes what is there and right, and makes what is missing.
struct ArchivedMonthsMaker: ~Copyable {
    /// Bytes of a month's file that somebody waits for; longer ones are made by `archive` and `stats`.
    private static let shortLength = 4 << 20
    /// Lines that are taken apart at a time.
    private static let batchLength = 256
    /// Bytes at either end of a file that tell it from another one of the same length.
    private static let markedLength = 256

    private let directory: IndexDirectory?
    private let dropped: DroppedStretches
    private let bases: IndexBases
    private let archive: Directory
    private let index: ArchiveIndexFile
    private let months: [ArchiveMonth]
    private let isPatient: Bool
    private let isLate: () -> Bool
    private let progress: (Int, Int) -> Void
    /// Hashes that several lines have, of one record or not; looked up when a month is made.
    private var repeated: Set<UInt64>?

    /// `nil` where there is no archive that can be read.
    ///
    /// - Parameters:
    ///   - directory: Where months are kept; `nil` where they cannot be.
    ///   - dropped: What is missing of the journal.
    ///   - isPatient: Makes long months, too.
    ///   - isLate: Whether the time for making is over.
    ///   - progress: Told how many bytes of the months that are made are done.
    init?(
        _ store: borrowing RecordStore, _ directory: IndexDirectory?, _ dropped: DroppedStretches, _ bases: IndexBases,
        isPatient: Bool, isLate: @escaping () -> Bool, progress: @escaping (Int, Int) -> Void
    ) throws(LedgerError) {
        guard let archive = try store.rootDirectory(ArchiveMonth.directoryName),
            let index = try ArchiveIndexFile(in: archive)
        else { return nil }
        months = try archive.archiveMonths()
        self.archive = archive
        self.index = index
        self.directory = directory
        self.dropped = dropped
        self.bases = bases
        self.isPatient = isPatient
        self.isLate = isLate
        self.progress = progress
    }

    /// One for each month; `nil` if that could not be finished in time, or not all can be read.
    consuming func opened(_ store: borrowing RecordStore) throws(LedgerError) -> ArchivedMonths? {
        var made: [ArchiveMonth: ArchivedMonth] = [:]
        var fresh: Set<ArchiveMonth> = []
        for month in months {
            if let known = try known(month) {
                made[month] = known
            } else {
                guard let new = try make(month, store) else { return nil }
                made[month] = new
                fresh.insert(month)
            }
        }
        // One that was made before a line of it was superseded, or before the line that did so was there.
        let wrong = Self.mismatched(made)
        if !wrong.isEmpty {
            for month in months where !fresh.contains(month) {
                let isCurrent = made[month].map { $0.head.sourceLength == covered(month) } ?? false
                if isCurrent && !wrong.contains(month) { continue }
                guard let new = try make(month, store) else { return nil }
                made[month] = new
            }
            if !Self.mismatched(made).isEmpty { return nil }
        }
        directory?.keepMonths(Set(months.map { ArchivedMonth.name(of: $0) }))
        return ArchivedMonths(months.compactMap { made[$0] }, archive)
    }

    private func covered(_ month: ArchiveMonth) -> Int { index.covered[month] ?? 0 }

    /// What is kept of a month, if it tells what is to be told.
    private func known(_ month: ArchiveMonth) throws(LedgerError) -> ArchivedMonth? {
        guard let directory,
            let known = try ArchivedMonth(month, IndexSource(ArchivedMonth.name(of: month), in: directory))
        else { return nil }
        let head = known.head
        let tellsAll =
            head.sourceLength == covered(month)
            && head.dropped.within(head.positions) == dropped.within(head.positions)
        // What was added behind it, nothing was dropped of.
        let tellsDropped = head.sourceLength <= covered(month) && head.dropped == dropped
        guard tellsAll || tellsDropped, let file = try ArchiveFile(month, in: archive),
            try mark(file, head.sourceLength) == head.sourceMark
        else { return nil }
        return known
    }

    private func mark(_ file: ArchiveFile, _ length: Int) throws(LedgerError) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(try file.read(0..<min(length, Self.markedLength)))
        checksum.update(try file.read(max(0, length - Self.markedLength)..<length))
        return checksum.value
    }

    /// Months of which a line was left out that none is newer than, or counted though one is.
    private static func mismatched(_ months: [ArchiveMonth: ArchivedMonth]) -> Set<ArchiveMonth> {
        var superseded: [ArchiveMonth: Set<Int>] = [:]
        for month in months.values {
            for location in month.head.supersedes { superseded[location.month, default: []].insert(location.offset) }
        }
        return Set(months.filter { superseded[$0.key] ?? [] != Set($0.value.head.leftOut) }.keys)
    }

    // MARK: Making

    private mutating func make(
        _ month: ArchiveMonth, _ store: borrowing RecordStore
    ) throws(LedgerError) -> ArchivedMonth? {
        let length = covered(month)
        guard isPatient || length <= Self.shortLength && !isLate(), let file = try ArchiveFile(month, in: archive)
        else {
            return nil
        }
        if repeated == nil { repeated = try index.repeatedHashes() }
        let repeated = repeated ?? []
        var builder = ArchivedMonthBuilder(month, dropped, bases)
        var ahead: [Assignment<[ArchivedMonthBuilder.Line]>] = []
        var batch: [(ArraySlice<UInt8>, RecordName, Int)] = []
        let worker = Worker()
        func takeFirst() throws(LedgerError) {
            for line in ahead.removeFirst().value() {
                try add(line, to: &builder, month, repeated, store)
                progress(line.offset, length)
            }
        }
        func beginBatch() {
            let lines = batch
            batch = []
            ahead.append(worker.begin { lines.map { ArchivedMonthBuilder.Line($0.0, $0.1, offset: $0.2) } })
        }
        var isFinished = true
        try file.read { (piece) throws(LedgerError) in
            switch piece {
            case .damage(let offset, _):
                if offset >= length { return false }
                builder.doubt()
            case .line(let bytes, let name, let offset):
                if offset >= length { return false }
                batch.append((bytes, name, offset))
            }
            if batch.count == Self.batchLength {
                beginBatch()
                if ahead.count > 1 { try takeFirst() }
                isFinished = !isLate()
            }
            return isFinished
        }
        beginBatch()
        while !ahead.isEmpty { try takeFirst() }
        guard isFinished, !file.isUnreadable else { return nil }
        let bytes = builder.made(length, try mark(file, length))
        let name = ArchivedMonth.name(of: month)
        if let directory, directory.write(bytes, as: name) {
            return try ArchivedMonth(month, IndexSource(name, in: directory))
        }
        return try ArchivedMonth(month, IndexSource(bytes))
    }

    private func add(
        _ line: ArchivedMonthBuilder.Line, to builder: inout ArchivedMonthBuilder, _ month: ArchiveMonth,
        _ repeated: Set<UInt64>, _ store: borrowing RecordStore
    ) throws(LedgerError) {
        let hash = ArchiveIndex.hash(line.name)
        guard repeated.contains(hash) else { return try builder.add(line, older: []) }
        let own = ArchiveLocation(month: month, offset: line.offset)
        guard let newest = try store.archived(line.name)?.location else { return builder.doubt() }
        if newest != own {
            if newest.month != month { builder.leaveOut(line) }
            return
        }
        var older: [ArchiveLocation] = []
        for location in try index.locations(hash) where location.month != month {
            if try archive.name(ofLineAt: location.offset, in: location.month) == line.name { older.append(location) }
        }
        try builder.add(line, older: older)
    }
}

extension Directory {
    /// Whose line of a month's file begins there, in the archive's directory; `nil` where none does that can be read.
    fileprivate func name(ofLineAt offset: Int, in month: ArchiveMonth) throws(LedgerError) -> RecordName? {
        try ArchiveFile(month, in: self)?.line(at: offset).flatMap { ArchiveLine.name(of: $0[...]) }
    }
}
