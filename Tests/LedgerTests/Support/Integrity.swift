import KHOINS

@testable import Journal
@testable import Ledger
@testable import System

/// Says what is wrong with a data directory: what must hold whenever no process is in the middle of a batch.
///
/// Reads files itself and folds with `Record.applying` alone, so that a fault in recovery does not hide itself.
struct Integrity {
    private let folder: DataFolder
    private var findings: [String] = []

    static func findings(in folder: DataFolder) -> [String] {
        var check = Integrity(folder: folder)
        check.checkNames()
        let entries = check.readJournal()
        check.checkNote()
        check.compare(expectedFiles(of: entries))
        return check.findings
    }

    private init(folder: DataFolder) {
        self.folder = folder
    }

    /// Nothing is there but what the contract names, with the modes it names.
    private mutating func checkNames() {
        for directory in folder.names(in: "") {
            if folder.mode(directory) != 0o750 { findings.append("\(directory): mode") }
            for name in folder.names(in: directory) {
                let path = "\(directory)/\(name)"
                let mode: UInt32 = path == "journal/\(LockFile.name)" ? 0o600 : 0o640
                if folder.mode(path) != mode { findings.append("\(path): mode") }
                let own = [LockFile.name, NoteFile.name, CheckpointFile.name, ClusterIdentity.fileName]
                let isOfCursor =
                    directory == CursorDirectory.name && (name.hasSuffix(".lock") || name.hasSuffix(".start"))
                if name.hasPrefix("."), !isOfCursor, !own.contains(name) || directory != "journal" {
                    findings.append("\(path): left over")
                }
            }
        }
    }

    /// All entries that count, in order.
    private mutating func readJournal() -> [PlacedEntry] {
        let files = folder.journalFiles
        let names = files.compactMap { JournalFileName($0.dropFirst("journal/".count)) }
        if names != names.sorted() { findings.append("journal: names do not sort in order") }
        var entries: [PlacedEntry] = []
        var next: Position?
        for (index, file) in files.enumerated() {
            var bytes = folder.bytes(file) ?? []
            if index + 1 < files.count, let abandoned = abandonment(files[index + 1]), abandoned.file == names[index] {
                bytes = Array(bytes.prefix(abandoned.bytes))
            }
            for stretch in JournalScan(bytes) {
                guard let placed = stretch.placed else {
                    if stretch.line == nil {
                        findings.append("\(file):\(stretch.range.lowerBound): \(stretch.range.count) damaged bytes")
                    }
                    continue
                }
                if let next, placed.position < next { findings.append("\(file): \(placed.position) comes again") }
                if placed.position < names[index].first { findings.append("\(file): \(placed.position) is before it") }
                next = placed.position.next
                entries.append(placed)
            }
        }
        return entries
    }

    private func abandonment(_ file: String) -> (file: JournalFileName, bytes: Int)? {
        guard let line = folder.bytes(file)?.split(separator: UInt8(ascii: "\n")).first,
            case .abandonment(let file, let bytes) = JournalLine(line)
        else { return nil }
        return (file, bytes)
    }

    /// The commit note vouches for the journal up to its very end.
    private mutating func checkNote() {
        guard let last = folder.journalFiles.last else { return }
        guard let journal = try? Directory(openingPath: folder.path(of: "journal")),
            folder.exists("journal/\(NoteFile.name)"), let lock = try? NoteFile(in: journal),
            let note = try? lock.written()?.note, let file = note.file
        else { return findings.append("journal: no commit note") }
        if !note.isAbandoned, "journal/\(file)" != last || note.end != folder.bytes(last)?.count {
            findings.append("journal: acknowledged up to \(note.end) only")
        }
    }

    private mutating func compare(_ expected: [String: [UInt8]]) {
        let found = folder.recordFiles.filter { path, _ in !path.contains("/.") }
        for path in Set(expected.keys).union(found.keys).sorted() {
            switch (expected[path], found[path]) {
            case (.some, .none): findings.append("\(path): missing")
            case (.none, .some): findings.append("\(path): no entry is about it")
            case (let expected, let found):
                if expected != found { findings.append("\(path): differs from its entries") }
            }
        }
    }

    /// The files that entries, folded in order, give.
    static func expectedFiles(of entries: [PlacedEntry]) -> [String: [UInt8]] {
        var records: [RecordName: Record] = [:]
        var files: [String: [UInt8]] = [:]
        for placed in entries {
            switch placed.entry.content {
            case .expectation(let expectation):
                guard let name = RecordName(trxid: expectation.trxid) else { continue }
                records[name] = Record.applying(expectation, at: placed.position, to: records[name]).record
            case .delivery(let delivery):
                switch Interpretation(delivery) {
                case .callback(let callback, let name):
                    records[name] =
                        Record.applying(delivery, interpretation: callback, at: placed.position, to: records[name])
                        .record
                case .rejected(let rejection):
                    let rejected = RejectedDelivery(
                        delivery: delivery, rejection: rejection, position: placed.position)
                    files["rejected/\(rejected.fileName)"] = rejected.json
                }
            }
        }
        for (name, record) in records { files[name.path] = record.json }
        return files
    }
}
