import Foundation

/// A listening socket that a web server or systemd would hold and hand to the program.
final class HandedOverSocket: Sendable {
    let descriptor: Int32
    let path: String

    init(_ site: Site, name: String) throws {
        path = "\(site.root)/\(name)"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(descriptor, SOMAXCONN) == 0 else {
            throw ChildProcess.Failure(description: "listen on \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    var client: FastCGIClient { FastCGIClient(path: path) }

    /// Starts the program on it.
    ///
    /// - Parameter number: The descriptor that the program gets: 0 as mod_fcgid does it, 3 as systemd does.
    func start(_ site: Site, as number: Int32, executable: String = Executable.path) throws -> ChildProcess {
        let log = FileHandle.temporary()
        let input = try Pipe()
        var descriptors: [Int32: Int32] = [0: input.readEnd, 1: log.fileDescriptor, 2: log.fileDescriptor]
        descriptors[number] = descriptor
        return try ChildProcess(
            [executable], environment: site.environment(number == 0 ? [:] : ["LISTEN_FDS": "1"]),
            descriptors: descriptors)
    }
}
