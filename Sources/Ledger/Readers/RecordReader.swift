import Journal
import System

/// A record as it lies there.
package struct StoredRecord: Sendable {
    package var name: RecordName
    /// The file's bytes.
    package var json: [UInt8]
    /// `nil` where the bytes are no whole record.
    package var record: Record?

    /// Whether these are the bytes that the program itself would write.
    package var isIntact: Bool { record?.json == json }

    package init(name: RecordName, json: [UInt8]) {
        self.name = name
        self.json = json
        record = Record(json: json)
    }
}

/// The records for those who only look: makes nothing, needs no right to write, takes no lock. Works beside a running
/// service, because a record is only ever replaced as a whole.
///
/// The one place that knows where a record can lie.
package struct RecordReader: ~Copyable {
    package let store: RecordStore
    package let journal: Journal
    package let archive: ArchiveReader
    let unread: Unread
    let kept: KeptIndex

    /// What was come across so far and could not be read, or is empty, below the data directory.
    package var unreadable: [String] {
        unread.paths.union(journal.unreadable).union(archive.unreadable).union(store.unreadableArchive).sorted()
    }

    /// Records that were come across so far and are damaged.
    package var damaged: [String] { unread.damaged.subtracting(unread.paths).sorted() }

    /// Records that were looked for so far and are not there.
    package var missing: [String] { unread.missing.sorted() }

    /// Stretches of the journal that were come across so far and hold no whole line, in words. What stood there is not
    /// known; a record that an entry there gave its status is handed over where it can be found without it.
    package var damagedStretches: [String] { unread.stretches.sorted() }

    /// `nil` where there is nothing of a callback in it.
    ///
    /// - Parameters:
    ///   - path: A data directory.
    ///   - minimumIndexed: Bytes of a journal for which an index is worth it.
    ///   - patience: Milliseconds for making what is missing of it.
    package init?(
        path: String, minimumIndexed: Int = RecordIndex.worthwhileLength, patience: Int = RecordIndex.patience
    ) throws(LedgerError) {
        let snapshot = try Snapshot(lookingAt: path)
        if try snapshot.isEmpty() { return nil }
        let unusable = try snapshot.journal.unusableFiles()
        archive = try ArchiveReader(path: path)
        store = snapshot.store
        journal = snapshot.journal
        unread = Unread()
        kept = KeptIndex(minimumLength: minimumIndexed, patience: patience)
        unread.paths = Set(unusable)
    }

    /// The record of that name, archived or not; `nil` where there is none.
    package func record(_ name: RecordName) throws(LedgerError) -> StoredRecord? {
        if let bytes = try store.bytes(of: name) {
            if bytes.isEmpty { unread.paths.insert(name.path) }
            return StoredRecord(name: name, json: bytes)
        }
        do throws(LedgerError) {
            return try store.archived(name).map { StoredRecord(name: name, json: $0.record.json) }
        } catch {
            // As for `ArchiveReader.months`: something else that lies there keeps nobody from the other records.
            guard try !archive.isThere() else { throw error }
            return nil
        }
    }

    /// What an operator may mean by a word: the transaction of that id; else the record whose file is named so; else
    /// every top-up with that id or of that member. Linear in the number of top-ups and in the archive, where it comes to
    /// them.
    package func names(meantBy word: String) throws(LedgerError) -> [RecordName] {
        if let name = RecordName(trxid: word), try record(name) != nil { return [name] }
        if let name = RecordName(spelledOut: word), try record(name) != nil { return [name] }
        var topups = try names(in: .topups)
        for month in try archive.months() {
            try archive.records(of: month) { (name, _) in
                if name.folder == .topups { topups.append(name) }
                return true
            }
        }
        return topups.filter { name in
            let parts = name.idParts
            return parts.first == word || parts.count == 2 && parts[1] == word
        }.sorted { $0.file < $1.file }
    }

    /// The names of all records in a folder, in no order; not of archived ones.
    package func names(in folder: RecordName.Folder) throws(LedgerError) -> [RecordName] {
        try store.fileNames(in: folder).filter { $0.hasSuffix(".json") }.map { RecordName(folder: folder, file: $0) }
    }

    /// Hands over every record that can be read, archived ones last, otherwise in no order.
    ///
    /// - Parameter progress: Told how many records of how many were handed over, archived ones left out.
    package func records(
        progress: (_ done: Int, _ all: Int) -> Void, _ take: (StoredRecord) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        var names: [RecordName] = []
        for folder in RecordName.Folder.allCases { names += try self.names(in: folder) }
        for (index, name) in names.enumerated() {
            // One that has gone since was moved, and is handed over where it went.
            if let stored = try record(name) {
                if stored.record != nil { try take(stored) } else { unread.damaged.insert(name.path) }
            }
            progress(index + 1, names.count)
        }
        for month in try archive.months() {
            try archive.records(of: month) { (name, record) throws(LedgerError) in
                try take(StoredRecord(name: name, json: record.json))
                return true
            }
        }
    }
}

extension RecordReader {
    /// Notes stretches of the journal that hold no whole line.
    ///
    /// - Returns: Whether there is any.
    func note(_ damage: [JournalChunk.Damage]) -> Bool {
        // A file that could not be read is named as a whole.
        for stretch in damage where !journal.unreadable.contains(stretch.path) {
            unread.stretches.insert("\(stretch.path): \(stretch.words)")
        }
        return !damage.isEmpty
    }

    /// The same of those that an index passes over. Reads the files of the journal alone in which it says that something is
    /// wrong.
    ///
    /// - Parameter position: Leaves out files that end before it.
    @discardableResult
    func noteDamage(of index: RecordIndex, from position: Position = .first) throws(LedgerError) -> Bool {
        var isDamaged = false
        for stretch in index.doubtfulStretches where stretch.upperBound > position {
            var tail: [JournalChunk.Damage] = []
            try journal.read(from: stretch.lowerBound, upTo: stretch.upperBound) { (chunk) in
                let (entries, damage) = chunk.parsed()
                // What no entry stands behind may be what a dead writer left.
                let known = (entries.isEmpty ? [] : tail) + damage.filter { $0.entriesBefore < entries.count }
                tail = (entries.isEmpty ? tail : []) + damage.filter { $0.entriesBefore == entries.count }
                if note(known) { isDamaged = true }
                return true
            }
        }
        return isDamaged
    }
}

extension RecordName {
    /// Reads a record's name as it is shown: `goodlink+9`, with or without its folder and `.json`.
    package init?(spelledOut text: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let folder = parts.count == 2 ? Folder(rawValue: parts.removeFirst()) : .topups
        guard let folder, parts.count == 1, !parts[0].isEmpty, !parts[0].hasPrefix("."), !parts[0].utf8.contains(0)
        else { return nil }
        self.init(folder: folder, file: parts[0].hasSuffix(".json") ? parts[0] : "\(parts[0]).json")
        guard file.utf8.count <= Self.maximumLength else { return nil }
    }

    /// `goodlink+9`: the file's name without its ending.
    package var shown: String { String(file.dropLast(".json".count)) }

    /// The ids that the name was made of.
    var idParts: [String] { shown.split(separator: "+", omittingEmptySubsequences: false).map { Self.decoded($0) } }

    /// What `encode` was given.
    static func decoded(_ name: some StringProtocol) -> String {
        var decoded: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                rest.removeFirst(2)
                decoded.append(value)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
