import CLinux
import Glibc

/// The file that this process runs.
package enum OwnExecutable {
    /// Its path; empty where nobody can tell. Asked for the first time while the current directory is that of the start.
    package static let path: String = {
        let link = [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.baseAddress.map { max(0, readlink("/proc/self/exe", $0, buffer.count)) } ?? 0
        }
        if link.isEmpty { return absolute(calledPath) }
        let path = String(decoding: link.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The kernel's mark of a file that was replaced since: the new one lies there (proc(5)).
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }()

    /// The path that the kernel was told to run (getauxval(3), AT_EXECFN). Without /proc, as in a bare chroot, it has to
    /// do; Swift's own list of arguments is empty there.
    private static var calledPath: String {
        UnsafePointer<CChar>(bitPattern: getauxval(UInt(AT_EXECFN))).map { String(cString: $0) } ?? ""
    }

    private static func absolute(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
