import CLinux

/// Which file lies under a name, and on which mount of its file system: another text for a copy, for a file that was made
/// anew and got the inode of this one, and for the same file once its file system was unmounted and mounted again. What is
/// in memory of a file system is there as long as a mount of it is.
package struct MountedFile: Equatable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

extension Directory {
    /// `nil` where the kernel cannot tell (before Linux 6.8, and on file systems that know no time of birth).
    package func mountedFile(_ name: String) -> MountedFile? {
        var found: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let isTold = withUnsafeMutableBytes(of: &found) { bytes in
            bytes.withMemoryRebound(to: UInt64.self) { mounted_file(file.descriptor, name, $0.baseAddress) == 0 }
        }
        guard isTold else { return nil }
        return MountedFile(
            [found.0, found.1, found.2, found.3].map { String($0, radix: 36) }.joined(separator: "."))
    }
}
