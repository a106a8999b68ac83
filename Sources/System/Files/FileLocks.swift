import Glibc

/// The file locks that are held on this machine, as /proc/locks names them.
package enum FileLocks {
    /// Whether anybody holds a lock of a file; `false` where nothing tells.
    package static func contain(_ identity: FileIdentity) -> Bool {
        guard let file = try? Directory(openingPath: "/proc").openIfPresent("locks"),
            let text = try? Descriptor.readAll(file.descriptor, "/proc/locks", limit: 1 << 20)
        else { return false }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").contains { line in
            // "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF"; of one who waits, "1: -> FLOCK ...".
            let words = line.split(separator: " ")
            return words.count == 8 && words[5].split(separator: ":").last.map { $0 == identity.inodeText } ?? false
        }
    }
}
