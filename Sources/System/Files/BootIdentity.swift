import Glibc

/// Tells one start of the machine from another: what was in memory only, and so in no file for certain, is gone when
/// this changes.
package enum BootIdentity {
    /// The kernel's random id (random(4)), or, where /proc is not mounted, the second in which the machine started.
    package static let current: String = {
        if let file = try? openSystemFile("/proc/sys/kernel/random/boot_id"), let bytes = try? file.read(36, at: 0),
            bytes.count == 36
        {
            return String(decoding: bytes, as: UTF8.self)
        }
        var wall = timespec()
        var sinceBoot = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        return "started-\((wall.tv_sec - sinceBoot.tv_sec) / 2)"
    }()

    private static func openSystemFile(_ path: String) throws(LedgerError) -> OpenFile {
        OpenFile(adopting: try systemCall("open", path) { open(path, O_RDONLY | O_CLOEXEC) }, path)
    }
}
