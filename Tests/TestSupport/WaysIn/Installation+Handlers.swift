import Glibc

/// The ways to start the handler, apart from a web server that does so itself.
extension Installation {
    /// `khoins-callback serve`, as an operator runs it.
    ///
    /// - Parameter words: A program that runs it, such as nohup(1).
    @discardableResult
    package func serve(on address: Address, behind words: [String] = []) throws -> ChildProcess {
        let process = try start("serve", serveCommand(on: address).behind(words))
        try waitForListener(address, process)
        return process
    }

    package func serveCommand(on address: Address, _ arguments: String...) throws -> Command {
        scratch.command(["serve", "--listen", address.text] + arguments)
    }

    /// spawn-fcgi: the socket is the program's standard input.
    package func spawnFCGI(on path: String) throws {
        let program = try ServerProgram.path("spawn-fcgi")
        var command = Command(program, "-n", "-s", path, "-M", "0600", "--", scratch.executable).asServerUser
        command.environment = scratch.settings
        try waitForListener(.unix(path), start("spawn-fcgi", command))
    }

    /// fcgiwrap: FastCGI to the web server, CGI to the program.
    package func fcgiwrap(on path: String) throws {
        let program = try ServerProgram.path("fcgiwrap")
        try waitForListener(.unix(path), start("fcgiwrap", Command(program, "-s", "unix:\(path)").asServerUser))
    }

    /// systemd's own stand-in for a socket unit.
    package func socketActivate(on path: String) throws {
        let program = try ServerProgram.path("systemd-socket-activate")
        let settings = "KHOINS_SETTINGS=\(scratch.file("etc/khoins-callback.env"))"
        let command = Command(program, "--listen=\(path)", "--setenv=\(settings)", scratch.executable).asServerUser
        // Connecting would start the program, which the first request is to do.
        let process = try start("systemd-socket-activate", command)
        try wait(for: "socket") {
            guard process.isRunning else { throw Broken(description: process.errors) }
            return access(path, F_OK) == 0
        }
    }

    /// The protocol of socket activation without systemd (sd_listen_fds(3)): a shell knows its own id.
    @discardableResult
    package func passSocket(_ path: String) throws -> ChildProcess {
        try passSocket(StreamSocket(listeningOn: .unix(path)))
    }

    /// The same with a socket that can be passed to one process after another.
    package func passSocket(_ listener: StreamSocket) throws -> ChildProcess {
        var command = Command("/bin/sh", "-c", "LISTEN_PID=$$ exec \"$0\"", scratch.executable).asServerUser
        command.environment = [
            "LISTEN_FDS": "1", "LISTEN_PID": "", "KHOINS_SETTINGS": scratch.file("etc/khoins-callback.env"),
        ]
        command.descriptors[3] = listener.descriptor
        return try withExtendedLifetime(listener) { try start("listen-fds", command) }
    }

    private func waitForListener(_ address: Address, _ process: ChildProcess) throws {
        try wait(for: "listener on \(address.text)") {
            guard process.isRunning else { throw Broken(description: "the handler ended: \(process.errors)") }
            return (try? StreamSocket(connectingTo: address)) != nil
        }
    }
}
