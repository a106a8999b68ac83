import CLinux
import Glibc

/// How a file is opened.
package enum OpenMode {
    case reading
    case readWrite
    /// Makes the file where it is missing.
    case readWriteMaking
    /// As above, and empties it.
    case writingMaking
    /// Fails where there is a file of that name.
    case writingNew

    var flags: Int32 {
        switch self {
        case .reading: O_RDONLY
        case .readWrite: O_RDWR
        case .readWriteMaking: O_RDWR | O_CREAT
        case .writingMaking: O_WRONLY | O_CREAT | O_TRUNC
        case .writingNew: O_WRONLY | O_CREAT | O_EXCL
        }
    }
}

/// An open file that is closed with its value.
///
/// Paths in errors are for people: the name below the data directory.
package struct OpenFile: ~Copyable {
    package let descriptor: Int32
    private let directory: String
    private let name: String

    /// - Parameter directory: The path of the directory that `name` is in; empty if that is a path itself.
    package init(adopting descriptor: Int32, _ name: String, in directory: String = "") {
        self.descriptor = descriptor
        self.directory = directory
        self.name = name
    }

    /// Put together when it is asked for, which is hardly ever.
    package var path: String { directory.isEmpty ? name : "\(directory)/\(name)" }

    deinit {
        // Whatever had to be durable was synced, and that was looked at; a close has nothing to add.
        if descriptor >= 0 { close(descriptor) }
    }

    /// The bytes of a small file anywhere, about `limit` of them at most; `nil` where there is none. Waits for nobody.
    package static func contents(of path: String, limit: Int) throws(LedgerError) -> [UInt8]? {
        do throws(LedgerError) {
            let opened = try systemCall("open", path) { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
            let file = OpenFile(adopting: opened, path)
            return try Descriptor.readAll(file.descriptor, path, limit: limit)
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
    }

    /// Which file this is.
    package func identity() throws(LedgerError) -> FileIdentity { FileIdentity(try status()) }

    /// Bytes of the file.
    package func length() throws(LedgerError) -> Int {
        let status = try status()
        try requireFile(status)
        return Int(status.st_size)
    }

    /// Throws where this is no file, but a directory, a pipe or a device: what is read from those says nothing.
    package func requireFile() throws(LedgerError) { try requireFile(try status()) }

    private func requireFile(_ status: stat) throws(LedgerError) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw .system(call: "read", path: path, errno: EISDIR)
        default: throw .noFile(path: path)
        }
    }

    /// The same; `nil` if the file was removed.
    package func lengthIfLinked() throws(LedgerError) -> Int? {
        let status = try status()
        return status.st_nlink > 0 ? Int(status.st_size) : nil
    }

    /// When bytes were last written to it, in microseconds since 1970.
    package func modificationMicroseconds() throws(LedgerError) -> Int64 {
        let time = try status().st_mtim
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// What fstat(2) tells.
    package func status() throws(LedgerError) -> stat {
        var status = stat()
        try systemCall("fstat", path) { fstat(descriptor, &status) }
        return status
    }

    /// Bytes that are free for this user on the file's file system, as fstatvfs(3) tells; a quota may allow fewer.
    package func freeSpace() throws(LedgerError) -> Int {
        var status = statvfs()
        try systemCall("fstatvfs", path) { fstatvfs(descriptor, &status) }
        return Int(clamping: status.f_bavail.multipliedReportingOverflow(by: status.f_frsize).partialValue)
    }

    /// Writes all of `bytes` at `offset` (pwrite(2)).
    package func write(_ bytes: [UInt8], at offset: Int) throws(LedgerError) {
        var next = offset
        try Descriptor.writeAll(bytes, path) {
            let count = pwrite(descriptor, $0.baseAddress, $0.count, off_t(next))
            next += max(count, 0)
            return count
        }
    }

    /// Writes all of `bytes` where the file stands.
    package func write(_ bytes: [UInt8]) throws(LedgerError) { try Descriptor.write(bytes, to: descriptor, path) }

    /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
    package func read(_ count: Int, at offset: Int) throws(LedgerError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try systemCall("read", path) {
                bytes.withUnsafeMutableBytes { buffer in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    return pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                }
            }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Bytes that are read at a time around those that cannot be.
    private static let blockLength = 4096

    /// Everything between two offsets, as far as the file goes. What cannot be read stands there as NULs.
    ///
    /// - Parameter unread: Told of each block that cannot be read.
    package func readAround(
        _ range: Range<Int>, _ unread: (Range<Int>) -> Void
    ) throws(LedgerError) -> [UInt8] {
        var bytes: [UInt8] = []
        let range = range.lowerBound..<max(range.lowerBound, min(range.upperBound, try length()))
        bytes.reserveCapacity(range.count)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min((start / Self.blockLength + 1) * Self.blockLength, range.upperBound)
            do throws(LedgerError) {
                let block = try read(end - start, at: start)
                bytes += block
                if block.count < end - start { break }
            } catch {
                if error.isWantOfMeans { throw error }
                bytes += [UInt8](repeating: 0, count: end - start)
                unread(start..<end)
            }
            start = end
        }
        return bytes
    }

    /// Reads from the file's beginning once (read(2)), up to `count` bytes into a buffer that has room for them.
    ///
    /// - Returns: How many there are; fewer than `count` can mean that the file ends or that the call was cut short.
    package func read(_ count: Int, into buffer: inout [UInt8]) throws(LedgerError) -> Int {
        try systemCall("read", path) {
            buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, min(count, $0.count), 0) }
        }
    }

    /// Bytes of a file from which on `readAll` asks whether there is memory, and times that its content is in memory when it
    /// is understood and written again.
    private static let longFile = 64 << 10
    private static let copies = 12

    /// The whole file. One that there may be no memory to make something of is not read.
    package func readAll() throws(LedgerError) -> [UInt8] {
        let length = try length()
        guard length < Self.longFile || ProcessMemory.hasRoom(for: Self.copies * length) else {
            throw .wantOfMemory("read", path)
        }
        return try read(length, at: 0)
    }

    package func truncate(to length: Int) throws(LedgerError) {
        try systemCall("ftruncate", path) { ftruncate(descriptor, off_t(length)) }
    }

    /// Data, and the metadata that reading it back needs, are on the disk on return (fdatasync(2)).
    package func syncData() throws(LedgerError) {
        try finalSystemCall("fdatasync", path) { fdatasync(descriptor) }
    }

    /// All data of this file has been handed to the disk on return, and no earlier attempt at that failed of which nobody
    /// was told (sync_file_range(2)). The disk may still hold it in a volatile cache: only after a sync of the file system, which
    /// empties that, does this say that the data is durable.
    ///
    /// - Parameter isSynced: Whether there was such a sync. If not, or if this may not be asked here, the file is synced.
    package func confirmWritten(isSynced: Bool) throws(LedgerError) {
        if isSynced {
            if sync_file_range(descriptor, 0, 0, UInt32(SYNC_FILE_RANGE_WRITE_AND_WAIT)) == 0 { return }
            guard isRefusal(errno) else { throw .system(call: "sync_file_range", path: path, errno: errno) }
        }
        try finalSystemCall("fsync", path) { fsync(descriptor) }
    }

    /// Lets the next read ask the disk for what it has, as far as this file is written (posix_fadvise(2)): after a write that
    /// failed, memory still holds what the disk has not, and who was told of the error may be gone.
    package func forgetPages() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }

    /// Asks the disk for what it has, without waiting for it: of several files, it reads the others while the first is
    /// waited for (posix_fadvise(2)).
    package func readAhead() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED) }

    /// Everything of this file or directory is on the disk on return (fsync(2)).
    package func sync() throws(LedgerError) {
        try finalSystemCall("fsync", path) { fsync(descriptor) }
    }
}
