import Glibc

/// A process that holds a file's lock (flock(2)).
package struct LockHolder: Equatable, Sendable {
    package var process: Int32
    /// The name of its program; empty where that cannot be seen.
    package var program: String
    /// Whether it was stopped, by a terminal or by SIGSTOP, so that it will hold the lock until it goes on.
    package var isStopped: Bool
}

extension OpenFile {
    /// Who holds the lock; `nil` where the kernel does not tell: without /proc, or in another container.
    package func lockHolder() throws(LedgerError) -> LockHolder? {
        let status = try status()
        guard let locks = Self.text("/proc/locks") else { return nil }
        for line in locks.split(separator: "\n") {
            // 1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF; those that wait have an arrow behind the number.
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", let process = Int32(words[4]), process > 0,
                words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == UInt64(status.st_ino)
            else { continue }
            return LockHolder(process)
        }
        return nil
    }

    fileprivate static func text(_ path: String) -> String? {
        (try? contents(of: path, limit: .max)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension LockHolder {
    fileprivate init(_ process: Int32) {
        self.process = process
        // 4711 (khoins-callback) T 1 …; the name may hold anything (proc_pid_stat(5)).
        let status = OpenFile.text("/proc/\(process)/stat") ?? ""
        let name = status.drop { $0 != "(" }.dropFirst()
        let end = name.lastIndex(of: ")") ?? name.endIndex
        program = String(name[..<end])
        isStopped = name[end...].dropFirst().split(separator: " ").first.map { $0 == "T" || $0 == "t" } ?? false
    }
}
