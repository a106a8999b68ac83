/// A way to the program: takes a request, gives the answer.
package protocol Door {
    func send(_ request: Request) throws -> Reply
}

extension Door {
    /// Waits until a callback could be stored.
    package func waitUntilHealthy(_ isAlive: () throws -> Void = {}) throws {
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
package struct HTTPDoor: Door {
    package var port: UInt16
    /// Whom requests ask that name no host of their own.
    package var host: String

    package init(port: UInt16, host: String = Request.exampleHost) {
        self.port = port
        self.host = host
    }

    package func send(_ request: Request) throws -> Reply {
        var request = request
        request.host = request.host ?? host
        return try Reply(http: exchange(request.http))
    }

    package func exchange(_ bytes: [UInt8]) throws -> [UInt8] {
        let socket = try StreamSocket(connectingTo: .tcp(port))
        socket.send(bytes)
        return try socket.readToEnd()
    }
}

/// The process itself, as a CGI server calls it.
package struct CGIDoor: Door {
    package let scratch: Scratch
    package var command: Command

    /// - Parameter environment: What the server adds of its own.
    package init(_ scratch: Scratch, environment: [String: String] = [:], arguments: [String] = []) {
        self.scratch = scratch
        command = Command([scratch.executable] + arguments).asServerUser
        command.environment = environment
    }

    package func send(_ request: Request) throws -> Reply {
        let ending = try run(request)
        guard ending.status == 0 else { throw Failed(description: "exit \(ending.status): \(ending.errors)") }
        return try Reply(cgi: ending.bytes)
    }

    package func run(_ request: Request) throws -> Ending {
        var command = command
        command.environment.merge(request.variables) { $1 }
        command.input = request.body
        return try ChildProcess.run(command, in: scratch, name: "cgi")
    }

    package struct Failed: Error, CustomStringConvertible {
        package var description: String
    }
}

extension Scratch {
    /// The process itself, with the settings that `writeSettings` has written.
    package var cgiDoor: CGIDoor { CGIDoor(self, environment: settings) }
}
