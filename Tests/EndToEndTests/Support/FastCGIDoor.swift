/// FastCGI as a web server speaks it (FastCGI Specification 1.0, section 3), a connection a request.
struct FastCGIDoor: Door {
    var address: Address

    func send(_ request: Request) throws -> Reply {
        let exchange = try FastCGIExchange(address)
        exchange.begin(request.variables)
        exchange.send(request.body)
        return try exchange.end()
    }
}

/// One request over one connection, sent piece by piece.
struct FastCGIExchange {
    private let socket: StreamSocket

    private enum Kind: UInt8 {
        case begin = 1
        case end = 3
        case variables = 4
        case input = 5
        case output = 6
        case errors = 7
    }

    init(_ address: Address) throws {
        socket = try StreamSocket(connectingTo: address)
    }

    func begin(_ variables: [String: String]) {
        // The responder's role; the connection is not kept.
        socket.send(record(.begin, [0, 1, 0, 0, 0, 0, 0, 0]))
        let pairs = variables.flatMap { length($0) + length($1) + Array($0.utf8) + Array($1.utf8) }
        socket.send(record(.variables, pairs) + record(.variables, []))
    }

    func send(_ body: [UInt8]) {
        for start in stride(from: 0, to: body.count, by: 32_768) {
            socket.send(record(.input, Array(body[start..<min(start + 32_768, body.count)])))
        }
    }

    /// Ends the body and reads the answer.
    func end() throws -> Reply {
        socket.send(record(.input, []))
        return try answer()
    }

    /// Hangs up in the middle of the body, and reads what answer there is.
    func breakOff() throws -> Reply {
        socket.endSending()
        return try answer()
    }

    private func answer() throws -> Reply {
        var rest = try socket.readToEnd()[...]
        var output: [UInt8] = []
        while rest.count >= 8 {
            let header = Array(rest.prefix(8))
            let length = Int(header[4]) << 8 | Int(header[5])
            if header[1] == Kind.output.rawValue { output += rest.dropFirst(8).prefix(length) }
            rest = rest.dropFirst(8 + length + Int(header[6]))
        }
        return try Reply(cgi: output)
    }

    private func record(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        [1, kind.rawValue, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    private func length(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        return count < 128
            ? [UInt8(count)]
            : [UInt8(count >> 24 | 0x80), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
    }
}
