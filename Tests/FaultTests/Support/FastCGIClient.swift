import Foundation

/// A web server's side of FastCGI, one request a connection.
struct FastCGIClient: Sendable {
    let path: String

    /// An open connection; closed with its value.
    final class Connection {
        let descriptor: Int32

        init(descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    func connect(within seconds: Int = 20) throws -> Connection {
        let connection = Connection(descriptor: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(connection.descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        setsockopt(connection.descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, length)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            throw ChildProcess.Failure(description: "connect: \(String(cString: strerror(errno)))")
        }
        return connection
    }

    /// Sends a request and takes the answer; `.none` if the connection ends before that is whole.
    func request(_ variables: [String: String], _ body: String) -> Answer {
        guard let connection = try? connect() else { return .none }
        guard send(Self.message(variables, body), over: connection) else { return .none }
        return Self.answer(over: connection)
    }

    func post(_ body: String, _ tally: Tally) -> Answer {
        tally.sending(body)
        let answer = request(Self.postVariables(body), body)
        tally.answered(body, answer)
        return answer
    }

    func health() -> Answer { request(["REQUEST_METHOD": "GET", "REMOTE_ADDR": "182.23.3.230"], "") }

    static func postVariables(_ body: String) -> [String: String] {
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(body.utf8.count)", "REMOTE_ADDR": "182.23.3.230"]
    }

    /// The bytes of a request, as the FastCGI specification has them.
    static func message(_ variables: [String: String], _ body: String) -> [UInt8] {
        var parameters: [UInt8] = []
        for (name, value) in variables {
            parameters += [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
        }
        return packet(1, [0, 1, 0, 0, 0, 0, 0, 0]) + packet(4, parameters) + packet(4, [])
            + (body.isEmpty ? [] : packet(5, Array(body.utf8))) + packet(5, [])
    }

    func send(_ bytes: [UInt8], over connection: Connection) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    connection.descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Reads packets up to the end of the request.
    static func answer(over connection: Connection) -> Answer {
        var output: [UInt8] = []
        while let head = read(8, from: connection) {
            let length = Int(head[4]) << 8 | Int(head[5])
            guard let content = read(length + Int(head[6]), from: connection) else { return .none }
            switch head[1] {
            case 6: output += content.prefix(length)
            case 3: return Answer(output)
            default: continue
            }
        }
        return .none
    }

    private static func read(_ count: Int, from connection: Connection) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(connection.descriptor, $0.baseAddress?.advanced(by: filled), count - filled, 0)
            }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }

    private static func packet(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }
}
