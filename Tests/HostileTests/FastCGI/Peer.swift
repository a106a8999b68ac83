import Glibc

/// A FastCGI peer that says what a test makes it say.
struct Peer {
    let socket: StreamSocket

    init(_ address: Address) throws {
        socket = try StreamSocket(connectingTo: address)
    }

    enum Kind {
        static let begin: UInt8 = 1
        static let abort: UInt8 = 2
        static let end: UInt8 = 3
        static let parameters: UInt8 = 4
        static let input: UInt8 = 5
        static let getValues: UInt8 = 9
        static let getValuesResult: UInt8 = 10
        static let unknownType: UInt8 = 11
    }

    static func record(_ kind: UInt8, _ content: [UInt8] = [], id: UInt8 = 1, version: UInt8 = 1) -> [UInt8] {
        [version, kind, 0, id, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    static func begin(id: UInt8 = 1, role: UInt8 = 1, keep: Bool = false) -> [UInt8] {
        record(Kind.begin, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0], id: id)
    }

    static func parameters(_ variables: [String: String]) -> [UInt8] {
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
    static func honest(_ request: Request, keep: Bool = false) -> [UInt8] {
        begin(keep: keep) + parameters(request.variables) + record(Kind.input, request.body) + record(Kind.input)
    }

    /// The kinds of the records in an answer.
    static func kinds(_ answer: [UInt8]) -> [UInt8] {
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
    var isClosed: Bool {
        var byte: UInt8 = 0
        return recv(socket.descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) == 0 || errno == ECONNRESET
    }
}

extension Installation {
    /// The quickest of a few honest requests, of which each is answered with 200. A service whose threads are all held
    /// would answer none of them before a time-out.
    func honestLatency() throws -> Duration {
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
    static func serving(_ settings: String = "KHOINS_THREADS=2\n") throws -> (Installation, ChildProcess, Address) {
        let installation = try prepared(settings: settings)
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        let process = try installation.serve(on: address)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()
        return (installation, process, address)
    }
}
