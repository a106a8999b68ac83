import Glibc
import Testing

/// A FastCGI peer that says what a test makes it say.
package struct Peer {
    package let socket: StreamSocket

    package init(_ address: Address) throws {
        socket = try StreamSocket(connectingTo: address)
    }

    package enum Kind {
        package static let begin: UInt8 = 1
        package static let abort: UInt8 = 2
        package static let end: UInt8 = 3
        package static let parameters: UInt8 = 4
        package static let input: UInt8 = 5
        package static let getValues: UInt8 = 9
        package static let getValuesResult: UInt8 = 10
        package static let unknownType: UInt8 = 11
    }

    package static func record(_ kind: UInt8, _ content: [UInt8] = [], id: UInt8 = 1, version: UInt8 = 1) -> [UInt8] {
        [version, kind, 0, id, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    package static func begin(id: UInt8 = 1, role: UInt8 = 1, keep: Bool = false) -> [UInt8] {
        record(Kind.begin, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0], id: id)
    }

    package static func parameters(_ variables: [String: String]) -> [UInt8] {
        let pairs = variables.flatMap { name, value in
            let lengths = [name, value].flatMap { text in
                let count = text.utf8.count
                return [
                    UInt8(count >> 24 | 0x80), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255),
                ]
            }
            return lengths + Array(name.utf8) + Array(value.utf8)
        }
        return record(Kind.parameters, pairs) + record(Kind.parameters)
    }

    /// A whole honest request.
    package static func honest(_ request: Request, keep: Bool = false) -> [UInt8] {
        begin(keep: keep) + parameters(request.variables) + record(Kind.input, request.body) + record(Kind.input)
    }

    /// The kinds of the records in an answer.
    package static func kinds(_ answer: [UInt8]) -> [UInt8] {
        var kinds: [UInt8] = []
        var rest = answer[...]
        while rest.count >= 8 {
            let head = Array(rest.prefix(8))
            kinds.append(head[1])
            rest = rest.dropFirst(8 + (Int(head[4]) << 8 | Int(head[5])) + Int(head[6]))
        }
        return kinds
    }

    /// Whether the other end has hung up.
    package var isClosed: Bool {
        var byte: UInt8 = 0
        return recv(socket.descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) == 0 || errno == ECONNRESET
    }
}

extension Installation {
    /// The quickest of a few honest requests, of which each is answered with 200. A service whose threads are all held
    /// would answer none of them before a time-out.
    package func honestLatency() throws -> Duration {
        var best = Duration.seconds(1000)
        for _ in 0..<5 where best > .milliseconds(200) {
            let start = ContinuousClock.now
            let reply = try door.send(Request(posting: #"{"refid":"H-1","message":"{\"status\":\"Success\"}"}"#))
            guard reply.status == 200 else {
                throw Broken(description: "\(reply.status) \(reply.text)\n\(scratch.logs)")
            }
            best = min(best, ContinuousClock.now - start)
        }
        return best
    }

    /// `serve` with few threads, by FastCGI.
    package static func serving(
        _ settings: String = "KHOINS_THREADS=2\n", sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (Installation, ChildProcess, Address) {
        let installation = try prepared(settings: settings, sourceLocation: sourceLocation)
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        let process = try installation.serve(on: address)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()
        return (installation, process, address)
    }
}
