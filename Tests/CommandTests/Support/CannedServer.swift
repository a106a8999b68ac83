import Glibc

/// A server for one request, on a port that was free, with an answer that is always the same. It goes away with this
/// value, and nobody listens on its port any more.
final class CannedServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let answer: [UInt8]
    private let thread: pthread_t
    private let box: Box

    private final class Box: @unchecked Sendable {
        // Written by the server's thread, read after that has ended.
        var request: [UInt8] = []
    }

    init(answer: String) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw SystemError(call: "listen", code: errno) }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        self.answer = Array(answer.utf8)
        let box = Box()
        self.box = box
        let bytes = self.answer
        let work = Unmanaged.passRetained(
            Work {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                var block = [UInt8](repeating: 0, count: 4096)
                let count = block.withUnsafeMutableBytes { recv(client, $0.baseAddress, $0.count, 0) }
                box.request = Array(block.prefix(max(0, count)))
                _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                close(client)
            }
        ).toOpaque()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, work)
        self.thread = thread
    }

    private final class Work {
        let body: () -> Void

        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// What the one client sent.
    func request() -> String {
        shutdown(descriptor, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        return String(decoding: box.request, as: UTF8.self)
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
