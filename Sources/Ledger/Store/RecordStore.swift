import Formats
import Glibc
import Journal
import System

/// The record files. Only the holder of the journal's lock writes them.
package struct RecordStore: ~Copyable {
    /// The name that every file is written under first, in its own directory. With one writer at a time one name is
    /// enough, and what a dead one left under it is overwritten by the next.
    package static let temporaryName = ".new"

    let directories: DataDirectory
    private let archive: Archive
    let watch = WriteWatch()

    package init(makingAt path: String) throws(LedgerError) {
        directories = try DataDirectory(makingAt: path)
        archive = Archive()
    }

    package init(lookingAt path: String) throws(LedgerError) {
        directories = try DataDirectory(lookingAt: path)
        archive = Archive()
    }

    /// Opens a directory of the data directory; `nil` where there is none.
    func rootDirectory(_ name: String) throws(LedgerError) -> Directory? {
        try directories.root.directoryIfPresent(name)
    }

    /// Opens a directory of the data directory; makes it where it is missing.
    func makeRootDirectory(_ name: String) throws(LedgerError) -> Directory {
        try directories.root.makeDirectory(name)
    }

    /// The names of all files in a folder, but for hidden ones.
    func fileNames(in folder: RecordName.Folder) throws(LedgerError) -> [String] {
        try inFolder(folder) { (folder) throws(LedgerError) in try folder.names() }
    }

    /// What lies under a record's name.
    enum Found {
        case missing
        case record(Record)
        /// Something that is not a whole record: a torn file, one edited by hand, a symbolic link, a socket.
        case damaged
    }

    /// Looks a record up: its own file, or else the newest line of it in the archive.
    func load(_ name: RecordName) throws(LedgerError) -> Found {
        let live = try loadLive(name)
        guard case .missing = live, let archived = try archived(name) else { return live }
        return .record(archived.record)
    }

    /// The newest line of that name in the archive; `nil` if there is none.
    func archived(_ name: RecordName) throws(LedgerError) -> Archive.Found? {
        try archive.newest(name, in: directories.root)
    }

    /// The archive's file that may hold a newer line of that name and cannot be read; `nil` if there is none. For a name
    /// that was just looked up.
    func unreadableArchive(of name: RecordName) throws(LedgerError) -> String? {
        try archive.unreadableMonth(for: name, in: directories.root)?.path
    }

    /// The archive's files of which something was looked up that cannot be read.
    var unreadableArchive: [String] { archive.unreadablePaths }

    /// Runs `body`, within which the archive is looked for once, however many records are looked up. Needs the lock.
    func lookingForArchiveOnce<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        try archive.lookingOnce(body)
    }

    /// Writes the archive's index if it had to be made anew. Needs the lock.
    func keepRebuiltIndex() { archive.keepRebuiltIndex() }

    /// The bytes under a record's name, whatever they are; `nil` where there are none, none in what cannot be read.
    package func bytes(of name: RecordName) throws(LedgerError) -> [UInt8]? {
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            do throws(LedgerError) {
                return try folder.openIfPresent(name.file)?.readAll()
            } catch {
                guard folder.isOfFile(error) else { throw error }
                return []
            }
        }
    }

    /// Removes a record's file, or what lies in its place; none there is fine.
    package func remove(_ name: RecordName) throws(LedgerError) {
        try inFolder(name.folder) { (folder) throws(LedgerError) in try folder.removeIfPresent(name.file) }
    }

    /// Looks up a record's own file only.
    func loadLive(_ name: RecordName) throws(LedgerError) -> Found {
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            do throws(LedgerError) {
                guard let file = try folder.openIfPresent(name.file) else { return .missing }
                return Self.found(try file.readAll())
            } catch {
                // A directory in a record's place is for an operator to judge.
                guard !error.isOfDirectory, folder.isOfFile(error) else { throw error }
                return .damaged
            }
        }
    }

    /// What lies under a record's name, something in its way included: that must not stop whoever looks at many.
    func remains(of name: RecordName, inArchiveToo: Bool = true) throws(LedgerError) -> Found {
        do throws(LedgerError) {
            return inArchiveToo ? try load(name) : try loadLive(name)
        } catch {
            guard error.concernsOneRecord else { throw error }
            return .damaged
        }
    }

    /// Whether there is a record in a form that nothing reads any more.
    func isOfOldForm(_ name: RecordName) throws(LedgerError) -> Bool {
        guard let bytes = try bytes(of: name), let value = try? JSONParser.parse(bytes) else { return false }
        return value["schema"]?.integer.map { $0 < Record.schema } ?? false
    }

    /// Takes a file for a record only if writing that record would give the very same bytes.
    fileprivate static func found(_ bytes: [UInt8]) -> Found {
        guard let record = Record(json: bytes), record.json.hasSameBytes(as: bytes) else { return .damaged }
        return .record(record)
    }

    /// Compares what lies under a record's name with a record, which costs less than to read it.
    ///
    /// - Parameters:
    ///   - bytes: The record's; asked for only if there is a file.
    ///   - buffer: Room for the file's bytes; made larger as needed.
    package func compare(
        _ name: RecordName, with bytes: @autoclosure () -> [UInt8], through buffer: inout [UInt8]
    ) throws(LedgerError) -> Directory.Comparison {
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            try folder.compare(name.file, with: bytes(), through: &buffer)
        }
    }

    /// Puts a record in its place; not synced, as the journal can give it again. (I6)
    ///
    /// - Parameters:
    ///   - bytes: Its JSON.
    ///   - prepared: What `prepare` has made of the same bytes.
    @discardableResult
    package func write(
        _ bytes: [UInt8], _ name: RecordName, prepared: PreparedRecord? = nil
    ) throws(LedgerError) -> RecordDigest {
        if let prepared, try add(prepared, name) { return prepared.digest }
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            try folder.replace(name.file, with: bytes, through: Self.temporaryName)
        }
        watch.wrote(name)
        return RecordDigest(bytes)
    }

    /// Gives the file of a new record its name.
    ///
    /// - Returns: Whether it did; if not, there is something of that name, or the file system cannot do this.
    package func add(_ prepared: PreparedRecord, _ name: RecordName) throws(LedgerError) -> Bool {
        let isAdded = try inFolder(name.folder) { (folder) throws(LedgerError) in
            try folder.link(prepared.file, as: name.file)
        }
        if isAdded { watch.wrote(name) }
        return isAdded
    }

    /// Makes a file of a record that nobody can see before `write` gives it its name; not to be used where there is such a
    /// record already.
    ///
    /// - Returns: `nil` where that cannot be done, for whatever reason: `write` does without, or says why it cannot.
    package func prepare(_ bytes: [UInt8], _ name: RecordName) -> PreparedRecord? {
        try? inFolder(name.folder) { (folder) throws(LedgerError) in
            guard let file = try folder.unnamedFile(for: name.file, with: bytes) else { return nil }
            return PreparedRecord(file, RecordDigest(bytes))
        }
    }

    /// What lies under the name of a record that is to be confirmed.
    enum Confirming {
        case missing
        /// Something that cannot be read as a file.
        case unreadable
        case file(ConfirmingFile)
    }

    /// Begins to confirm a record: checks that the file system sync before wrote it, and where the disk has to be asked, has it
    /// read, but does not wait for that.
    ///
    /// - Parameters:
    ///   - position: It was written for this entry, or later.
    ///   - isSynced: Whether there was such a sync; if not, the file is synced.
    func beginConfirming(
        _ name: RecordName, upTo position: Position, isSynced: Bool
    ) throws(LedgerError) -> Confirming {
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            do throws(LedgerError) {
                guard let file = try folder.openIfPresent(name.file) else { return .missing }
                try file.confirmWritten(isSynced: isSynced)
                if !watch.covers(name, position) {
                    file.forgetPages()
                    file.readAhead()
                }
                return .file(ConfirmingFile(file))
            } catch {
                guard !error.isOfDirectory, folder.isOfFile(error) else { throw error }
                return .unreadable
            }
        }
    }

    /// Checks that a record holds everything up to `position`. What is in the archive was synced before its file went.
    ///
    /// - Parameters:
    ///   - begun: What `beginConfirming` has found.
    ///   - expected: What the file should hold, if nothing has come since; spares reading it as a record.
    /// - Returns: Whether it does.
    func confirm(
        _ name: RecordName, _ begun: Confirming, upTo position: Position, expected: RecordDigest? = nil
    ) throws(LedgerError) -> Bool {
        switch begun {
        case .missing: return try archived(name)?.record.appliedUpTo.map { $0 >= position } ?? false
        case .unreadable: return false
        case .file(let opened):
            return try inFolder(name.folder) { (folder) throws(LedgerError) in
                do throws(LedgerError) {
                    return try opened.holds(upTo: position, expected: expected)
                } catch {
                    guard !error.isOfDirectory, folder.isOfFile(error) else { throw error }
                    return false
                }
            }
        }
    }

    /// Whether a file in `rejected/` was set aside there: a record, or a stretch of the journal.
    static func isSetAside(_ name: String) -> Bool {
        let rest = name.drop { $0.isASCII && $0.isNumber }
        return rest.count < name.count
            && (rest.hasPrefix("-journal-torn")
                || RecordName.Folder.allCases.contains { rest.hasPrefix("-\($0.rawValue)-damaged-") })
    }

    /// Moves what is no record and cannot be rebuilt out of the way of one, into `rejected/`, where an operator looks.
    func setAside(_ name: RecordName, at position: Position) throws(LedgerError) {
        let newName = "\(position)-\(name.folder.rawValue)-damaged-\(name.file)"
        try inFolder(name.folder) { (folder) throws(LedgerError) in
            // Nothing need be there: only the look at it failed.
            guard try folder.identity(of: name.file) != nil else { return }
            try folder.move(name.file, to: directories.rejected, as: String(newName.suffix(250)))
        }
    }

    /// Makes durable whatever was written to the file system so far. Its answer can miss an error that somebody else was
    /// told of, unless that was watched for; `confirm` does not.
    ///
    /// - Returns: Whether that could be done; if not, `confirm` syncs each file.
    func syncFileSystem() throws(LedgerError) -> Bool {
        do throws(LedgerError) {
            let isSynced = try directories.syncFileSystem()
            // Nobody tells of anything then.
            if !isSynced { watch.end() }
            return isSynced
        } catch {
            watch.end()
            throw error
        }
    }

    /// Watches from now on what becomes of records, where the kernel promises to tell of each error.
    ///
    /// - Parameter end: Of the journal.
    func watchWrites(from end: Position) {
        if directories.root.tellsOfFailedWrites { watch.begin(from: end) }
    }

    /// Makes durable what was done to these records, and that others were removed.
    ///
    /// - Parameter rejected: Paths of rejected deliveries' files.
    func sync(_ names: some Sequence<RecordName>, rejected: Set<String> = []) throws(LedgerError) {
        if try !syncFileSystem() {
            for name in names {
                try inFolder(name.folder) { (folder) throws(LedgerError) in
                    try folder.openIfPresent(name.file)?.sync()
                }
            }
            for path in rejected {
                let name = String(path.dropFirst(DataDirectory.rejectedName.count + 1))
                try directories.rejected.openIfPresent(name)?.sync()
            }
        }
        try syncDirectories()
    }

    /// Syncs the directories, and with them the names of all records.
    func syncDirectories() throws(LedgerError) {
        try directories.transactions.sync()
        try directories.topups.sync()
        try directories.rejected.sync()
    }

    /// Makes a file in each directory, as a record's, and removes it again; looks whether the archive can be asked for a
    /// record, if there is one. Needs the lock.
    func probe() throws(LedgerError) {
        _ = try rootDirectory(ArchiveMonth.directoryName)
        try directories.transactions.probe(through: Self.temporaryName)
        try directories.topups.probe(through: Self.temporaryName)
        try directories.rejected.probe(through: Self.temporaryName)
    }

    /// Removes what a writer that died may have left. (I11)
    package func removeLeftovers() throws(LedgerError) {
        try directories.transactions.removeLeftover(Self.temporaryName)
        try directories.topups.removeLeftover(Self.temporaryName)
        try directories.rejected.removeLeftover(Self.temporaryName)
    }

    private func inFolder<Value>(
        _ folder: RecordName.Folder, _ body: (borrowing Directory) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value where Value: ~Copyable {
        switch folder {
        case .transactions: try body(directories.transactions)
        case .topups: try body(directories.topups)
        }
    }
}

/// A record's file of which the disk was asked.
final class ConfirmingFile: Sendable {
    private let file: OpenFile

    fileprivate init(_ file: consuming OpenFile) { self.file = file }

    fileprivate func holds(upTo position: Position, expected: RecordDigest?) throws(LedgerError) -> Bool {
        if let expected {
            // One byte more tells a longer file.
            let bytes = try file.read(expected.length + 1, at: 0)
            if RecordDigest(bytes) == expected { return true }
        }
        guard case .record(let record) = RecordStore.found(try file.readAll()), let applied = record.appliedUpTo else {
            return false
        }
        return applied >= position
    }
}
