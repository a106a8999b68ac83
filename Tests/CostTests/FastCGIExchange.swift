import Glibc

/// One callback over one FastCGI connection, as nginx sends it (FastCGI Specification 1.0, section 3).
enum FastCGIExchange {
    /// - Returns: All that came back, the framing included.
    static func answer(to body: [UInt8], at path: String) throws -> String {
        let descriptor = try connect(to: path)
        defer { close(descriptor) }
        let pairs = variables(bodyLength: body.count).sorted { $0.key < $1.key }.flatMap { name, value in
            [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
        }
        // The responder's role; the connection is not kept.
        let begin = record(1, [0, 1, 0, 0, 0, 0, 0, 0])
        let request = begin + record(4, pairs) + record(4, []) + record(5, body) + record(5, [])
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(call: "send")
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &block, block.count), count != 0 {
            guard count > 0 else { throw Failure(call: "read") }
            answer += block[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func record(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
        [1, kind, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// Whether connections are taken: the socket's file is there a moment before they are.
    static func isPossible(at path: String) -> Bool {
        guard let descriptor = try? connect(to: path) else { return false }
        close(descriptor)
        return true
    }

    /// - Returns: A descriptor that the caller closes.
    private static func connect(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let failure = Failure(call: "connect")
            close(descriptor)
            throw failure
        }
        return descriptor
    }
}
