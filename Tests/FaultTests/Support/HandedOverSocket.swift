import TestSupport

/// A listening socket that a web server or systemd would hold and hand to the program.
final class HandedOverSocket: Sendable {
    private let socket: StreamSocket
    let client: FastCGIDoor

    init(_ site: Site, name: String) throws {
        client = FastCGIDoor(address: .unix("\(site.root)/\(name)"))
        socket = try StreamSocket(listeningOn: client.address)
    }

    /// Starts the program on it.
    ///
    /// - Parameter number: The descriptor that the program gets: 0 as mod_fcgid does it, 3 as systemd does.
    func start(_ site: Site, as number: Int32, executable: String? = nil) throws -> ChildProcess {
        var command = Command(
            [try executable ?? TestBinary.path()],
            environment: site.environment(number == 0 ? [:] : ["LISTEN_FDS": "1"]))
        command.descriptors[number] = socket.descriptor
        return try ChildProcess(command)
    }
}
