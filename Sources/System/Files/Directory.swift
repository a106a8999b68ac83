import CLinux
import Glibc
import Synchronization

/// An open directory. Names given to it are names in it, never paths, and symbolic links are not followed.
package struct Directory: ~Copyable {
    package let file: OpenFile

    package var path: String { file.path }
    private var descriptor: Int32 { file.descriptor }

    /// One that is not there, for those who only look: it holds nothing, and nothing can be made in it.
    package init(absentAt path: String) {
        self.init(adopting: -1, path: path)
    }

    /// Whether there is none.
    package var isAbsent: Bool { descriptor < 0 }

    private init(adopting descriptor: Int32, path: String) {
        file = OpenFile(adopting: descriptor, path)
    }

    /// Opens the directory at a path of the file system; this one may be a symbolic link.
    package init(openingPath path: String) throws(LedgerError) {
        let descriptor = try systemCall("open", path) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        self.init(adopting: descriptor, path: path)
    }

    private func pathOf(_ name: String) -> String { "\(path)/\(name)" }

    /// Opens a directory in this one.
    package func directory(_ name: String) throws(LedgerError) -> Directory {
        let opened = Self.openDirectory(name, in: descriptor)
        guard opened >= 0 else { throw .system(call: "open", path: pathOf(name), errno: errno) }
        return Directory(adopting: opened, path: name)
    }

    /// Opens a directory in this one; `nil` where there is none.
    package func directoryIfPresent(_ name: String) throws(LedgerError) -> Directory? {
        if isAbsent { return nil }
        // Most lookups find none: that is no error to be made and caught.
        let opened = Self.openDirectory(name, in: descriptor)
        if opened >= 0 { return Directory(adopting: opened, path: name) }
        if errno == ENOENT { return nil }
        throw .system(call: "open", path: pathOf(name), errno: errno)
    }

    private static func openDirectory(_ name: String, in directory: Int32) -> Int32 {
        while true {
            let opened = name.withCString { openat(directory, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) }
            if opened >= 0 || errno != EINTR { return opened }
        }
    }

    /// Opens a directory in this one, only to look at it: where there is none, one that is not there.
    package func directoryOrAbsent(_ name: String) throws(LedgerError) -> Directory {
        try directoryIfPresent(name) ?? Directory(absentAt: name)
    }

    /// Opens a directory in this one; makes it, durably, where it is missing.
    package func makeDirectory(_ name: String) throws(LedgerError) -> Directory {
        do {
            return try directory(name)
        } catch LedgerError.system(_, _, ENOENT) {
            if mkdirat(descriptor, name, 0o750) != 0, errno != EEXIST {
                throw .system(call: "mkdir", path: pathOf(name), errno: errno)
            }
            try file.sync()
            return try directory(name)
        }
    }

    /// Which file, or what else, lies under a name; `nil` where there is nothing.
    package func identity(of name: String) throws(LedgerError) -> FileIdentity? {
        var status = stat()
        do throws(LedgerError) {
            try systemCall("stat", pathOf(name)) { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch .system(_, _, ENOENT) {
            return nil
        }
        return FileIdentity(status)
    }

    /// Whether what lies under a name is a file, without opening it; `nil` where there is nothing.
    package func isFile(_ name: String) throws(LedgerError) -> Bool? {
        var status = stat()
        do throws(LedgerError) {
            try systemCall("stat", pathOf(name)) { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch .system(_, _, ENOENT) {
            return nil
        }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Bytes of what lies under a name, without opening it; 0 where there is nothing.
    package func length(of name: String) throws(LedgerError) -> Int {
        var status = stat()
        do throws(LedgerError) {
            try systemCall("stat", pathOf(name)) { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch .system(_, _, ENOENT) {
            return 0
        }
        return Int(status.st_size)
    }

    /// Opens a file in this directory; `nil` where there is none.
    package func openIfPresent(_ name: String, _ mode: OpenMode = .reading) throws(LedgerError) -> OpenFile? {
        // Most lookups of a record find none: that is no error to be made and caught.
        let opened = Self.open(name, mode, in: descriptor)
        if opened >= 0 { return OpenFile(adopting: opened, name, in: path) }
        if errno == ENOENT || isAbsent { return nil }
        throw .system(call: "open", path: pathOf(name), errno: errno)
    }

    /// Opens a file in this directory, with these rights where that makes it.
    package func open(_ name: String, _ mode: OpenMode, rights: UInt32 = 0o640) throws(LedgerError) -> OpenFile {
        let opened = Self.open(name, mode, rights, in: descriptor)
        guard opened >= 0 else { throw .system(call: "open", path: pathOf(name), errno: errno) }
        return OpenFile(adopting: opened, name, in: path)
    }

    private static func open(
        _ name: String, _ mode: OpenMode, _ rights: UInt32 = 0o640, in directory: Int32
    ) -> Int32 {
        while true {
            let opened = name.withCString {
                openat(directory, $0, mode.flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, rights)
            }
            if opened >= 0 || errno != EINTR { return opened }
        }
    }

    /// Whether an error of opening or reading a file in this directory is that file's own, and says nothing about others:
    /// any but a want of descriptors or memory, or of the right to enter the directory.
    package func isOfFile(_ error: LedgerError) -> Bool {
        if error.isWantOfMeans { return false }
        // Where that cannot be asked, the file alone is concerned.
        return error.errno != EACCES || faccessat(descriptor, ".", X_OK, AT_EACCESS) == 0 || errno != EACCES
    }

    /// - Parameter clearing: Takes a directory out of the way that lies under the new name.
    package func rename(_ name: String, to newName: String, clearing: Bool = false) throws(LedgerError) {
        do throws(LedgerError) {
            try systemCall("rename", pathOf(newName)) { renameat(descriptor, name, descriptor, newName) }
        } catch .system(_, _, EISDIR) where clearing {
            try clear(newName)
            try systemCall("rename", pathOf(newName)) { renameat(descriptor, name, descriptor, newName) }
        }
    }

    /// Takes a directory out of the way of a file: an empty one goes, any other gets a name that nobody goes by.
    private func clear(_ name: String) throws(LedgerError) {
        if unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
        try putAside(name)
    }

    /// Gives a file, or whatever lies under its name, a name that nobody goes by; nothing there is fine.
    package func putAside(_ name: String) throws(LedgerError) {
        if try identity(of: name) == nil { return }
        let stem = name.drop { $0 == "." }
        var number = 1
        while try identity(of: "\(stem).aside-\(number)") != nil { number += 1 }
        try rename(name, to: "\(stem).aside-\(number)")
    }

    /// Moves a file into another directory of the same file system.
    package func move(_ name: String, to other: borrowing Directory, as newName: String) throws(LedgerError) {
        let target = other.descriptor
        try systemCall("rename", pathOf(name)) { renameat(descriptor, name, target, newName) }
    }

    /// Removes a file; none there is fine.
    package func removeIfPresent(_ name: String) throws(LedgerError) {
        if unlinkat(descriptor, name, 0) != 0, errno != ENOENT {
            throw .system(call: "unlink", path: pathOf(name), errno: errno)
        }
    }

    /// Removes what lies under a name that this program makes files under; none there is fine. A directory, which can only
    /// be somebody else's, is taken out of the way.
    package func removeLeftover(_ name: String) throws(LedgerError) {
        do throws(LedgerError) {
            try removeIfPresent(name)
        } catch .system(_, _, EISDIR) {
            try clear(name)
        }
    }

    /// Puts a file of these bytes in the place of `name`: a reader sees the old file or the new one, whole.
    ///
    /// - Parameters:
    ///   - temporary: The name the bytes are written under first; whatever is there was left by a process that died.
    ///   - synced: Whether the bytes are on the disk before the name points to them.
    ///   - clearing: Takes a directory out of the way that lies under `name`.
    package func replace(
        _ name: String, with bytes: [UInt8], through temporary: String, synced: Bool = false, clearing: Bool = false
    ) throws(LedgerError) {
        let file: OpenFile
        do {
            file = try open(temporary, .writingNew)
        } catch LedgerError.system(_, _, EEXIST) {
            try removeLeftover(temporary)
            file = try open(temporary, .writingNew)
        }
        do {
            try file.write(bytes)
            if synced { try file.sync() }
            try rename(temporary, to: name, clearing: clearing)
        } catch {
            try? removeIfPresent(temporary)
            throw error
        }
    }

    /// Makes a file of these bytes that nobody can see before `link` gives it its name. Closed before that, it is gone.
    ///
    /// - Parameter name: For errors.
    /// - Returns: `nil` where this cannot be done, such as by the file system.
    package func unnamedFile(for name: String, with bytes: [UInt8]) throws(LedgerError) -> OpenFile? {
        guard UnnamedFile.way != .none else { return nil }
        let flags = O_WRONLY | O_DIRECTORY | Int32(OPEN_UNNAMED) | O_CLOEXEC
        let opened = openat(descriptor, ".", flags, 0o640)
        guard opened >= 0 else {
            // Anything else that is wrong is wrong with a named file too, and is told there.
            if [EOPNOTSUPP, EISDIR, EINVAL, ENOENT, ENOSYS].contains(errno) { UnnamedFile.way = .none }
            return nil
        }
        let file = OpenFile(adopting: opened, name, in: path)
        try file.write(bytes)
        return file
    }

    /// Finds out whether a file could be made here, by making one; leaves nothing behind.
    ///
    /// - Parameter temporary: The name that it has for a moment, where it must have one.
    package func probe(through temporary: String) throws(LedgerError) {
        let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: 512)
        if try unnamedFile(for: temporary, with: bytes) != nil { return }
        try removeLeftover(temporary)
        let file = try open(temporary, .writingMaking)
        do throws(LedgerError) {
            try file.write(bytes)
        } catch {
            try? removeIfPresent(temporary)
            throw error
        }
        try removeIfPresent(temporary)
    }

    /// The same, for a directory in which nothing was made yet: that files in it can be locked and brought to the disk.
    package func probeThoroughly(through temporary: String) throws(LedgerError) {
        try probe(through: temporary)
        let file = try open(temporary, .writingNew)
        do throws(LedgerError) {
            _ = try file.lock(within: 0)
            try file.syncData()
            try sync()
        } catch {
            try? removeIfPresent(temporary)
            throw error
        }
        try removeIfPresent(temporary)
    }

    /// Gives a file of `unnamedFile` its name.
    ///
    /// - Returns: Whether it did. If not, there is something of that name, or the file system cannot do this, and nothing
    ///   has changed.
    package func link(_ file: borrowing OpenFile, as name: String) throws(LedgerError) -> Bool {
        let way = UnnamedFile.way
        let linked =
            way == .descriptor
            ? name.withCString { linkat(file.descriptor, "", descriptor, $0, Int32(LINK_DESCRIPTOR)) }
            : linkat(AT_FDCWD, "/proc/self/fd/\(file.descriptor)", descriptor, name, AT_SYMLINK_FOLLOW)
        if linked == 0 { return true }
        switch errno {
        case EEXIST: return false
        case ENOENT, EPERM, EOPNOTSUPP, EINVAL, EXDEV, EMLINK, EACCES, ENOSYS:
            // Older kernels keep linking descriptors to privileged processes, and /proc may be missing.
            UnnamedFile.way = way == .descriptor ? .path : .none
            return false
        default: throw .system(call: "link", path: pathOf(name), errno: errno)
        }
    }

    /// The names in this directory that do not start with a dot, in no order.
    package func names() throws(LedgerError) -> [String] {
        if isAbsent { return [] }
        // With a descriptor of its own, it has an offset of its own. A stream of the C library would ask for its flags too,
        // which not every sandbox allows.
        let opened = try systemCall("open", path) { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        let own = OpenFile(adopting: opened, path)
        var names: [String] = []
        var block = [UInt8](repeating: 0, count: 32_768)
        while case let count = try systemCall("getdents", path, { getdents64(own.descriptor, &block, block.count) }),
            count > 0
        {
            var start = 0
            while start < count {
                // struct linux_dirent64: d_ino, d_off, d_reclen, d_type, and a name that NUL ends.
                let length = Int(block[start + 16]) | Int(block[start + 17]) << 8
                let name = block[(start + 19)..<(start + length)].prefix { $0 != 0 }
                if name.first != UInt8(ascii: ".") { names.append(String(decoding: name, as: UTF8.self)) }
                start += length
            }
        }
        return names
    }

    /// Syncs the directory that this one is in, and so on, `count` of them. One that may not be read is left out.
    package func syncAncestors(_ count: Int) throws(LedgerError) {
        var name = ".."
        for _ in 0..<count {
            do throws(LedgerError) {
                let opened = try systemCall("open", pathOf(name)) {
                    openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                }
                try OpenFile(adopting: opened, name, in: path).sync()
            } catch .system("open", _, EACCES) {}
            name += "/.."
        }
    }

    /// The entries of this directory are on the disk on return.
    package func sync() throws(LedgerError) {
        try file.sync()
    }
}

/// How this process gives a name to a file that has none (linkat(2)).
private enum UnnamedFile {
    enum Way: Int {
        case descriptor
        case path
        case none
    }

    private static let known = Atomic(Way.descriptor.rawValue)

    /// The first way that has not failed yet.
    static var way: Way {
        get { Way(rawValue: known.load(ordering: .relaxed)) ?? .none }
        set { known.store(newValue.rawValue, ordering: .relaxed) }
    }
}

extension Directory {
    /// Opens the data directory at a path, and makes it where it is missing (its parent must exist).
    package init(makingAtPath path: String) throws(LedgerError) {
        // Modes are given where files are made; a mask of the caller's must neither widen nor narrow them.
        umask(0o027)
        if mkdir(path, 0o750) != 0, errno != EEXIST { throw Self.error(at: path, errno) }
        self = try Self.dataDirectory(path)
    }

    /// Opens the data directory at a path, only to look at it. Throws `unusable` if not even the directory is there that
    /// it would be made in.
    package init(lookingAtPath path: String) throws(LedgerError) {
        do throws(LedgerError) {
            self = try Self.dataDirectory(path)
        } catch .unusable(_, ENOENT) {
            guard access(PathNames.parent(of: path), F_OK) == 0 else { throw .unusable(path: path, errno: ENOENT) }
            self = Directory(absentAt: path)
        }
    }

    private static func dataDirectory(_ path: String) throws(LedgerError) -> Directory {
        do throws(LedgerError) {
            return try Directory(openingPath: path)
        } catch {
            throw Self.error(at: path, error.errno ?? EIO)
        }
    }

    /// Tells a path that was set wrong from a disk that has trouble.
    private static func error(at path: String, _ code: Int32) -> LedgerError {
        [ENOENT, ENOTDIR, EACCES, EPERM, EROFS, ELOOP, ENAMETOOLONG].contains(code)
            ? .unusable(path: path, errno: code) : .system(call: "open", path: path, errno: code)
    }

    /// Where relative paths begin.
    package static func currentPath() throws(LedgerError) -> String {
        guard let pointer = getcwd(nil, 0) else { throw .system(call: "getcwd", path: ".", errno: errno) }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
