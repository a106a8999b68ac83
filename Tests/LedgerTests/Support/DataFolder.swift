import FoundationEssentials
import Glibc
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// A data directory for one test, in a fresh temporary directory.
struct DataFolder {
    let parent: String
    /// The data directory; made by the first ledger that uses it.
    var path: String { "\(parent)/data" }

    fileprivate init() throws {
        let manager = FileManager.default
        parent = manager.temporaryDirectory.appendingPathComponent("khoins-\(UUID().uuidString)").path
        try manager.createDirectory(atPath: parent, withIntermediateDirectories: false)
    }

    fileprivate func remove() { try? FileManager.default.removeItem(atPath: parent) }

    func ledger(lockTimeout: Int = Ledger.lockTimeout) -> Ledger { Ledger(path: path, lockTimeout: lockTimeout) }

    /// The absolute path of something below the data directory.
    func path(of name: String) -> String { "\(path)/\(name)" }

    /// The bytes of a file below the data directory; `nil` where there is none.
    func bytes(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path(of: name)).map { Array($0) }
    }

    func text(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    func record(_ name: String) -> Record? { bytes(name).flatMap { Record(json: $0) } }

    /// Replaces a file's content, or makes the file.
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        try Data(Array(bytes)).write(to: URL(fileURLWithPath: path(of: name)))
    }

    func append(_ bytes: [UInt8], to name: String) throws {
        try write((self.bytes(name) ?? []) + bytes, to: name)
    }

    func removeItem(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path(of: name))
    }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(of: name), withIntermediateDirectories: true)
    }

    func names(in directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path(of: directory))) ?? []).sorted()
    }

    func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat(path(of: name), &status) == 0
    }

    /// The permission bits of a file or directory below the data directory.
    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return lstat(path(of: name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Tells a file that was left alone from one that was written anew.
    func inode(_ name: String) -> ino_t? {
        var status = stat()
        return lstat(path(of: name), &status) == 0 ? status.st_ino : nil
    }

    /// Makes a symbolic link.
    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(of: name), withDestinationPath: target)
    }

    /// Does to the lock and the note what unmounting their file system and mounting it again does.
    func forgetMount() throws {
        try forgetHint()
        let file = try NoteFile(in: Directory(openingPath: path(of: "journal")))
        guard var note = try file?.written()?.note else { return }
        note.mount = MountedFile("another")
        try file?.write(note)
    }

    /// Does what the kernel may do at any time to files that nobody has open: it forgets their write-life hints.
    func forgetHint() throws {
        for name in ["journal/.lock", "journal/.note"] {
            let descriptor = open(path(of: name), O_RDWR)
            defer { close(descriptor) }
            var hint: UInt64 = 0
            // F_SET_RW_HINT of fcntl.h, which Swift does not import.
            #expect(fcntl(descriptor, 1024 + 12, &hint) == 0)
        }
    }

    /// Gives a file an old time, as whoever brings it back from a backup does.
    func setModificationTime(secondsAgo seconds: Int, of name: String) throws {
        var times = [timespec](repeating: timespec(), count: 2)
        clock_gettime(CLOCK_REALTIME, &times[0])
        times[1] = timespec(tv_sec: times[0].tv_sec - seconds, tv_nsec: 0)
        #expect(utimensat(AT_FDCWD, path(of: name), times, 0) == 0)
    }

    func setMode(_ mode: mode_t, of name: String) throws {
        #expect(chmod(path(of: name), mode) == 0)
    }

    /// `journal/000000000001-20261122.jsonl` and so on, in order.
    var journalFiles: [String] {
        names(in: "journal").filter { JournalFileName($0) != nil }.map { "journal/\($0)" }
    }

    /// All record files with their bytes, `rejected/` included.
    var recordFiles: [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for directory in ["transactions", "topups", "rejected"] {
            for name in names(in: directory) { files["\(directory)/\(name)"] = bytes("\(directory)/\(name)") }
        }
        return files
    }
}

/// Runs a test with a data directory of its own and looks afterwards whether it was left in order.
///
/// - Parameter isChecked: `false` for a test that leaves damage on purpose.
@discardableResult
func withDataFolder<Result>(
    isChecked: Bool = true, sourceLocation: SourceLocation = #_sourceLocation, _ body: (DataFolder) throws -> Result
) throws -> Result {
    let folder = try DataFolder()
    defer { folder.remove() }
    let result = try body(folder)
    guard isChecked else { return result }
    #expect(Integrity.findings(in: folder) == [], sourceLocation: sourceLocation)
    if folder.exists("journal") {
        #expect(try Verifier(path: folder.path).findings() == [], sourceLocation: sourceLocation)
    }
    return result
}
