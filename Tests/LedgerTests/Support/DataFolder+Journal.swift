import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

extension DataFolder {
    /// Bytes in a file; zero where there is none.
    func length(of name: String) -> Int { bytes(name)?.count ?? 0 }

    /// The journal, as a process has it open.
    func journal() throws -> Journal {
        try Journal(in: try RecordStore(makingAt: path).directories.root, making: true)
    }

    /// Runs `body` as the holder of the lock.
    func withSession(_ body: (inout JournalSession) throws -> Void) throws {
        // A note that has to be made has it opened once more.
        var begun = try journal().begin(within: 1)
        if begun == nil { begun = try journal().begin(within: 1) }
        guard var session = begun else {
            Issue.record("the journal was moved away")
            return
        }
        // What a ledger does first with what a session finds unsettled; in these tests there is nothing of that kind.
        try session.acknowledge()
        try body(&session)
    }

    /// The number of the next entry, as the whole lines in the newest file tell.
    var nextPosition: Position {
        let name = journalFiles.last.flatMap { JournalFileName($0.dropFirst("journal/".count)) }
        let last = Array(JournalScan(journalFiles.last.flatMap { bytes($0) } ?? [])).lastEntry?.position
        return last?.next ?? name?.first ?? .first
    }

    /// The lines of entries, with the numbers that come next.
    func lines(_ entries: [JournalEntry]) -> [UInt8] {
        let next = nextPosition.number
        return entries.enumerated().flatMap { $1.line(next + $0) }
    }

    func line(_ entry: JournalEntry) -> [UInt8] { lines([entry]) }

    /// The commit note's file, made where it is missing.
    private func noteFile(in journal: Journal) throws -> NoteFile? {
        if let file = try NoteFile(in: journal.directory) { return file }
        try NoteFile.replace(in: journal.directory)
        return try NoteFile(in: journal.directory)
    }

    /// Goes on in a new journal file, as the ledger does when one is full.
    func beginJournalFile(at time: Timestamp = .test()) throws {
        let journal = try journal()
        guard let note = try NoteFile(in: journal.directory)?.written()?.note else { return }
        var tail = Journal.Tail(note: note)
        try journal.beginFile(&tail, at: time)
        try noteFile(in: journal)?.write(tail.note)
    }

    /// Gives the current journal file up, as a failed sync does.
    func abandonJournalFile() throws {
        let file = try NoteFile(in: try Directory(openingPath: path(of: "journal")))
        guard var note = try file?.written()?.note else { return }
        note.isAbandoned = true
        try file?.write(note)
    }

    /// Appends to the journal, and to no record, as if that many bytes were to follow in the same batch.
    func append(_ entries: [JournalEntry], reserving byteCount: Int, at time: Timestamp) throws {
        let journal = try journal()
        let file = try NoteFile(in: journal.directory)
        var tail = Journal.Tail(note: try file?.written()?.note ?? CommitNote(next: .first))
        if tail.note.file == nil || tail.note.end > 0 && tail.note.end + byteCount > JournalFile.maximumLength {
            try journal.beginFile(&tail, at: time)
        }
        for entry in entries {
            let line = entry.line(tail.note.next.number)
            try tail.file?.write(line, at: tail.note.end)
            if tail.file == nil, let name = tail.note.file { try append(line, to: "journal/\(name)") }
            tail.note.end += line.count
            tail.note.next = tail.note.next.next
        }
        try noteFile(in: journal)?.write(tail.note)
    }
}
