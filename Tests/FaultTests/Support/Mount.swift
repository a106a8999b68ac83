import Foundation
import TestSupport

/// A file system of its own in a file, mounted; unmounted and removed with its value.
final class Mount {
    enum Kind: String, CaseIterable, Sendable {
        case tmpfs, ext4, xfs, btrfs

        /// MiB of the smallest one that its mkfs makes gladly.
        var size: Int {
            switch self {
            case .tmpfs, .ext4: 64
            case .xfs: 320
            case .btrfs: 256
            }
        }

        /// Whether this machine lets the tests mount it; tried once.
        var isPossible: Bool { Self.possible.contains(self) }

        private static let possible = Set(allCases.filter { (try? Mount($0)) != nil })
    }

    let kind: Kind
    let path: String
    private let image: String
    private let options: String
    private(set) var isMounted = false

    /// Makes and mounts one.
    ///
    /// - Parameters:
    ///   - megabytes: Its size, where it need not be the usual one.
    ///   - options: For mount(8).
    ///   - making: For mkfs(8).
    ///   - directory: Where the image is to lie.
    init(
        _ kind: Kind, megabytes: Int? = nil, options: String = "", making: [String] = [],
        in directory: String = "/var/tmp"
    ) throws {
        self.kind = kind
        let name = "khoins-mount-\(UUID().uuidString.prefix(8))"
        path = "\(directory)/\(name)"
        image = "\(path).img"
        let size = megabytes ?? kind.size
        self.options = (kind == .tmpfs ? ["size=\(size)m"] : ["loop"]).joined() + (options.isEmpty ? "" : ",\(options)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if kind != .tmpfs {
            try Self.run(["truncate", "-s", "\(size)M", image])
            try Self.run(["mkfs.\(kind.rawValue)", "-q", kind == .ext4 ? "-F" : "-f"] + making + [image])
        }
        try mount()
    }

    deinit {
        if isMounted { try? unmount() }
        try? FileManager.default.removeItem(atPath: path)
        try? FileManager.default.removeItem(atPath: image)
    }

    func mount() throws {
        try Self.run(["mount", "-t", kind.rawValue, "-o", options, kind == .tmpfs ? "none" : image, path])
        isMounted = true
    }

    /// Waits for those that still end; the kernel says “busy” for a moment after a process has died.
    func unmount() throws {
        try eventually("end of the mount", within: 20) {
            try ChildProcess.run(Command("umount", path)).status == 0 ? true : nil
        }
        isMounted = false
    }

    /// Stops the file system as a power cut does: nothing is flushed, and everything fails from now on. The ioctl that
    /// xfstests uses; ext4 and xfs have it.
    func cutPower() throws {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32), with “do not flush the log”.
        var flags: UInt32 = 2
        guard ioctl(directory, 0x8004_587D, &flags) == 0 else {
            throw SystemFailure("shutdown of \(kind)")
        }
    }

    /// Makes the disk hold NULs where a file's data is, while memory goes on holding it: so it is after a write that the
    /// disk lost and told somebody else of. The file must have been written.
    ///
    /// - Parameter bytes: What the file begins with, and nothing else on this file system.
    func loseWrite(of bytes: [UInt8]) throws {
        let descriptor = open(image, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let blockLength = 1024
        var block = [UInt8](repeating: 0, count: blockLength)
        var offset: off_t = 0
        while pread(descriptor, &block, blockLength, offset) == blockLength, !block.starts(with: bytes) {
            offset += off_t(blockLength)
        }
        let nothing = [UInt8](repeating: 0, count: blockLength)
        guard block.starts(with: bytes), pwrite(descriptor, nothing, blockLength, offset) == blockLength else {
            throw Refused(description: "no block of the disk begins so")
        }
        fsync(descriptor)
    }

    /// Lets what the image lies on be asked for room only when the file system takes more than it has now, and has room for
    /// what it has.
    func giveBackUnused() throws {
        let descriptor = open(image, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, posix_fallocate(descriptor, 0, status.st_size) == 0 else {
            throw SystemFailure("fallocate \(image)")
        }
        try Self.run(["fstrim", path])
    }

    /// How often the disk was asked for something so far (Documentation/block/stat.rst).
    var reads: Int {
        get throws {
            var status = stat()
            guard stat(path, &status) == 0 else { throw SystemFailure("stat \(path)") }
            let numbers = "\(status.st_dev >> 8):\(status.st_dev & 0xff)"
            let line = try String(contentsOfFile: "/sys/dev/block/\(numbers)/stat", encoding: .utf8)
            guard let count = line.split(separator: " ").first.flatMap({ Int($0) }) else {
                throw Refused(description: line)
            }
            return count
        }
    }

    /// Puts another image in the place of this one, as it is unmounted.
    func replaceImage(with other: String) throws {
        guard rename(other, image) == 0 else { throw SystemFailure("rename \(other)") }
    }

    /// A copy of the image as it is at one moment, while the file system is in use. Needs an image on xfs.
    func snapshot() throws -> String {
        try Self.run(["cp", "--reflink=always", image, "\(image).snapshot"])
        return "\(image).snapshot"
    }

    private static func run(_ arguments: [String]) throws {
        let ending = try ChildProcess.run(Command(arguments))
        guard ending.status == 0 else {
            throw Refused(description: "\(arguments.joined(separator: " ")): \(ending.errors)")
        }
    }

    struct Refused: Error, CustomStringConvertible {
        var description: String
    }
}
