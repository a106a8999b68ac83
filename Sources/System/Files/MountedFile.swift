import CLinux
import Glibc

/// Which file lies under a name, on which mount of its file system, and since which start of the machine: another text for
/// a copy, for a file that was made anew and got the inode of this one, and for the same file once its file system was
/// unmounted and mounted again. What is in memory of a file system is there as long as a mount of it is.
///
/// Two processes of one machine can see different mounts and different boots, and so different texts.
package struct MountedFile: Equatable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

extension Directory {
    /// `nil` where the kernel cannot tell (before Linux 6.8, on file systems that know no time of birth, without /proc).
    package func mountedFile(_ name: String) -> MountedFile? {
        var found: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let isTold = withUnsafeMutableBytes(of: &found) { bytes in
            bytes.withMemoryRebound(to: UInt64.self) { mounted_file(file.descriptor, name, $0.baseAddress) == 0 }
        }
        guard isTold, let boot = Self.boot else { return nil }
        return MountedFile(
            [found.0, found.1, found.2, found.3].map { String($0, radix: 36) }.joined(separator: ".") + "." + boot)
    }

    /// A number that the kernel makes up when the machine starts (random(4)): it gives the mounts theirs anew then.
    private static let boot: String? = {
        let path = "/proc/sys/kernel/random/boot_id"
        guard let number = try? systemCall("open", path, { Glibc.open(path, O_RDONLY | O_CLOEXEC) }) else { return nil }
        let file = OpenFile(adopting: number, path)
        guard let bytes = try? file.read(36, at: 0), bytes.count == 36 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }()
}
