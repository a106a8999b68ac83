import FastCGI

/// FastCGI as a web server speaks it, a connection a request.
package struct FastCGIDoor: Door {
    package var address: Address

    package init(address: Address) {
        self.address = address
    }

    package func send(_ request: Request) throws -> Reply {
        let exchange = try FastCGIExchange(address)
        exchange.begin(request.variables)
        exchange.send(request.body)
        return try exchange.end()
    }
}

/// One request over one connection, sent piece by piece with the product's own codec.
package struct FastCGIExchange {
    private let socket: StreamSocket

    package init(_ address: Address) throws {
        socket = try StreamSocket(connectingTo: address)
    }

    package func begin(_ variables: [String: String]) {
        socket.send(FastCGIMessage.head(variables.map { ($0, $1) }))
    }

    package func send(_ body: [UInt8]) {
        for start in stride(from: 0, to: body.count, by: 32_768) {
            socket.send(FastCGIMessage.body(Array(body[start..<min(start + 32_768, body.count)])))
        }
    }

    /// Sends bytes of a request as they are.
    ///
    /// - Returns: Whether the other end took all of them.
    @discardableResult
    package func send(raw bytes: some Sequence<UInt8>) -> Bool { socket.send(Array(bytes)) }

    /// Ends the body and reads the answer.
    package func end() throws -> Reply {
        socket.send(FastCGIMessage.end)
        return try answer()
    }

    /// Hangs up in the middle of the body, and reads what answer there is.
    package func breakOff() throws -> Reply {
        socket.endSending()
        return try answer()
    }

    /// Reads the answer; throws if its end does not come.
    package func answer() throws -> Reply {
        let answer = FastCGIAnswer(try socket.readToEnd())
        guard answer.isWhole else { throw Reply.Malformed(bytes: String(decoding: answer.output, as: UTF8.self)) }
        return try Reply(cgi: answer.output)
    }
}
