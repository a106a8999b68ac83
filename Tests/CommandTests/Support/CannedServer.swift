import Glibc
import TestSupport

@testable import Ledger
@testable import System

/// A server with an answer that is always the same, for the first client that sends something. It ends with this value.
final class CannedServer: Sendable {
    private let socket: LoopbackSocket
    private let worker = Worker()
    private let conversation: Assignment<[UInt8]>

    var port: UInt16 { socket.port }

    init(answer: String) throws {
        let socket = try LoopbackSocket()
        guard listen(socket.descriptor, 8) == 0 else { throw SystemFailure("listen") }
        self.socket = socket
        conversation = worker.begin { Self.converse(socket, Array(answer.utf8)) }
    }

    // The thread ends before the socket goes: else it could accept from one that another test opens meanwhile.
    deinit { _ = request() }

    /// What the client sent; empty if there was none.
    func request() -> String {
        shutdown(socket.descriptor, Int32(SHUT_RDWR))
        return String(decoding: conversation.value(), as: UTF8.self)
    }

    private static func converse(_ socket: LoopbackSocket, _ answer: [UInt8]) -> [UInt8] {
        while true {
            let client = accept(socket.descriptor, nil, nil)
            guard client >= 0 else { return [] }
            defer { close(client) }
            var block = [UInt8](repeating: 0, count: 4096)
            let count = block.withUnsafeMutableBytes { recv(client, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { continue }
            _ = answer.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            return Array(block.prefix(count))
        }
    }
}
