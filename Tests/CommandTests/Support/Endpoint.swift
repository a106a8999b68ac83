import Glibc
import Synchronization
import TestSupport

@testable import System

/// A shop's endpoint, which answers as a test likes: HTTP on a port of its own, a thread for each connection.
final class Endpoint: Sendable {
    struct Received: Sendable {
        var line: String
        /// Lower-case names.
        var headers: [String: String]
        var body: [UInt8]

        var trxid: String { headers["x-khoins-trxid"] ?? "" }
        var position: Int { headers["x-khoins-position"].flatMap { Int($0) } ?? 0 }
    }

    enum Answer: Sendable {
        case status(Int, headers: [String] = [], bodyLength: Int = 0)
        /// Nothing at all, as long as the other side waits.
        case silence
        /// A byte at a time of an answer that does not end.
        case trickle
        /// These bytes, and then the end of the connection.
        case bytes(String)
        /// The connection is cut.
        case reset
    }

    private let socket: LoopbackSocket
    private let requests = Locked<[Received]>([])
    private let answer: @Sendable (Received, Int) -> Answer

    /// - Parameter answer: Given a request, and how many of that trxid came before it.
    init(_ answer: @escaping @Sendable (Received, Int) -> Answer = { _, _ in .status(204) }) throws {
        socket = try LoopbackSocket()
        self.answer = answer
        guard listen(socket.descriptor, 128) == 0 else { throw SystemFailure("listen") }
        let (socket, requests) = (socket, requests)
        try Thread.start {
            while case let client = accept(socket.descriptor, nil, nil), client >= 0 {
                try? Thread.start { Self.serve(client, requests, answer) }
            }
        }
    }

    deinit { shutdown(socket.descriptor, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(socket.port)/khoins?kunci=rahasia" }
    var received: [Received] { requests.withLock { $0 } }
    var trxids: [String] { received.map(\.trxid) }

    private static func serve(
        _ client: Int32, _ requests: Locked<[Received]>, _ answer: @Sendable (Received, Int) -> Answer
    ) {
        defer { close(client) }
        var buffer: [UInt8] = []
        while let request = next(client, &buffer) {
            let earlier = requests.withLock { requests in
                defer { requests.append(request) }
                return requests.count { $0.trxid == request.trxid }
            }
            switch answer(request, earlier) {
            case .status(let status, let headers, let length):
                var head = "HTTP/1.1 \(status) Whatever\r\n"
                if status != 204 { head += "Content-Length: \(length)\r\n" }
                for header in headers { head += "\(header)\r\n" }
                guard send(client, Array("\(head)\r\n".utf8)) else { return }
                let block = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
                var rest = length
                while rest > 0 {
                    guard send(client, Array(block.prefix(rest))) else { return }
                    rest -= min(rest, block.count)
                }
            case .silence:
                var byte: UInt8 = 0
                _ = recv(client, &byte, 1, 0)
                return
            case .trickle:
                var isSent = send(client, Array("HTTP/1.1 200 OK\r\nX-Slow: ".utf8))
                while isSent {
                    usleep(20_000)
                    isSent = send(client, [UInt8(ascii: "x")])
                }
                return
            case .bytes(let text):
                _ = send(client, Array(text.utf8))
                return
            case .reset:
                var now = linger(l_onoff: 1, l_linger: 0)
                setsockopt(client, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
                return
            }
        }
    }

    private static func next(_ client: Int32, _ buffer: inout [UInt8]) -> Received? {
        let end = Array("\r\n\r\n".utf8)
        var head: Range<Int>?
        while true {
            head = head ?? buffer.firstRange(of: end)
            if let head {
                let lines = String(decoding: buffer[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if buffer.count >= head.upperBound + length {
                    let body = Array(buffer[head.upperBound..<(head.upperBound + length)])
                    buffer.removeFirst(head.upperBound + length)
                    return Received(line: String(lines[0]), headers: headers, body: body)
                }
            }
            var block = [UInt8](repeating: 0, count: 65_536)
            let count = recv(client, &block, block.count, 0)
            guard count > 0 else { return nil }
            buffer += block[..<count]
        }
    }

    private static func send(_ client: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(client, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
