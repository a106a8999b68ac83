import Glibc
import Journal
import System

/// `.index/`: what can be made again at any time. Who cannot read in it does without, and so does who cannot write.
final class IndexDirectory {
    static let name = ".index"

    private let directory: Directory
    /// Whether this process may leave files in it that the data directory's owner can read and replace.
    private let isOwner: Bool

    /// Opens the directory of a data directory; where there is none, one that holds nothing until something is written.
    init?(in store: borrowing RecordStore) throws(LedgerError) {
        isOwner = try store.isOwner()
        do throws(LedgerError) {
            guard let directory = try store.rootDirectory(Self.name) else { return nil }
            self.directory = directory
        } catch {
            if error.isWantOfMeans { throw error }
            return nil
        }
    }

    /// Makes the directory; `nil` where that cannot be done, or should not.
    static func making(in store: borrowing RecordStore) -> IndexDirectory? {
        guard (try? store.isOwner()) ?? false, (try? store.makeRootDirectory(name)) != nil else { return nil }
        return try? IndexDirectory(in: store)
    }

    /// `nil` where there is no such file, or none that can be read.
    func open(_ name: String) throws(LedgerError) -> OpenFile? {
        do throws(LedgerError) {
            guard let file = try directory.openIfPresent(name) else { return nil }
            try file.requireFile()
            return file
        } catch {
            if error.isWantOfMeans { throw error }
            return nil
        }
    }

    /// Puts a file in its place.
    ///
    /// - Returns: Whether it did; if not, whoever needs it next makes it again.
    func write(_ bytes: [UInt8], as name: String) -> Bool {
        let written: Void? =
            isOwner ? try? directory.replace(name, with: bytes, through: ".\(name).new", clearing: true) : nil
        return written != nil
    }

    func remove(_ name: String) {
        if isOwner { try? directory.removeLeftover(name) }
    }

    /// Removes what belongs to no segment any more.
    func keepSegments(_ names: Set<String>) { keep(names) { Journal.isSegmentName($0) } }

    /// Removes what belongs to no archive month any more.
    func keepMonths(_ names: Set<String>) { keep(names) { ArchiveMonth(fileName: "\($0).jsonl") != nil } }

    private func keep(_ names: Set<String>, _ isOfThose: (String) -> Bool) {
        guard isOwner, let all = try? directory.names() else { return }
        for name in all where isOfThose(name) && !names.contains(name) { remove(name) }
    }
}

extension RecordStore {
    /// Whether the data directory is this process's own.
    fileprivate func isOwner() throws(LedgerError) -> Bool {
        if directories.root.isAbsent { return false }
        return try directories.root.file.status().st_uid == geteuid()
    }
}
