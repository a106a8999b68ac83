/// A way to the program: takes a request, gives the answer.
protocol Door {
    func send(_ request: Request) throws -> Reply
}

extension Door {
    /// Waits until a callback could be stored.
    func waitUntilHealthy(_ isAlive: () throws -> Void = {}) throws {
        var last = "no answer"
        do {
            try wait(for: "health") {
                try isAlive()
                guard let reply = try? send(Request("GET")) else { return false }
                last = "\(reply.status) \(reply.text)"
                return reply.status == 200
            }
        } catch let error as TimedOut {
            throw TimedOut(description: "\(error.description): \(last)")
        }
    }
}

/// Over HTTP, a connection a request.
struct HTTPDoor: Door {
    var port: UInt16

    func send(_ request: Request) throws -> Reply {
        try Reply(http: exchange(request.http))
    }

    func exchange(_ bytes: [UInt8]) throws -> [UInt8] {
        let socket = try StreamSocket(connectingTo: .tcp(port))
        socket.send(bytes)
        return try socket.readToEnd()
    }
}

/// The process itself, as a CGI server calls it.
struct CGIDoor: Door {
    let scratch: Scratch
    var command: Command

    /// - Parameter environment: What the server adds of its own.
    init(_ scratch: Scratch, environment: [String: String] = [:], arguments: [String] = []) {
        self.scratch = scratch
        command = Command([scratch.executable] + arguments).asServerUser
        command.environment = environment
    }

    func send(_ request: Request) throws -> Reply {
        let ending = try run(request)
        guard ending.status == 0 else { throw Failed(description: "exit \(ending.status): \(ending.errors)") }
        return try Reply(cgi: ending.output)
    }

    func run(_ request: Request) throws -> Ending {
        var command = command
        command.environment.merge(request.variables) { $1 }
        command.input = request.body
        return try ChildProcess.run(command, in: scratch, name: "cgi")
    }

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }
}
