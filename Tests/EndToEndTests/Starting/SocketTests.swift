import Foundation
import Glibc
import TestSupport
import Testing

@Suite("serve's socket")
struct SocketTests {
    private func refusedSecond(_ installation: Installation, _ address: Address) throws {
        let command = try installation.serveCommand(on: address)
        let ending = try ChildProcess.run(command, in: installation.scratch)
        #expect(ending.status == 2)
        #expect(ending.errors.hasPrefix("khoins-callback: ") && ending.errors.filter { $0 == "\n" }.count == 1)
        #expect(try FastCGIDoor(address: address).send(Request(posting: Body.t1)).status == 200)
    }

    @Test("is left to the first one; a second one ends with a sentence")
    func twoOnOnePath() throws {
        let installation = try Installation.prepared()
        let address = Address.unix(installation.scratch.file("run/x.sock"))
        let first = try installation.serve(on: address)
        try refusedSecond(installation, address)
        try refusedSecond(installation, address)
        #expect(first.isRunning)
    }

    @Test("is left to the first one over TCP too")
    func twoOnOnePort() throws {
        let installation = try Installation.prepared()
        let address = Address.tcp(try LoopbackPort.next())
        try installation.serve(on: address)
        try refusedSecond(installation, address)
    }

    @Test("replaces one that a killed process has left")
    func stale() throws {
        let installation = try Installation.prepared()
        let path = installation.scratch.file("run/x.sock")
        let first = try installation.serve(on: .unix(path))
        first.signal(SIGKILL)
        #expect(try first.ending().status == 128 + SIGKILL)
        #expect(access(path, F_OK) == 0)
        try installation.serve(on: .unix(path))
        #expect(try FastCGIDoor(address: .unix(path)).send(Request("GET")).status == 200)
    }

    @Test("has the mode that was asked for, whatever the mask", arguments: [nil, "0600", "666"], ["000", "077"])
    func mode(asked: String?, mask: String) throws {
        let installation = try Installation.prepared()
        let path = installation.scratch.file("run/x.sock")
        var command = try installation.serveCommand(on: .unix(path))
        command.arguments = ["/bin/sh", "-c", "umask \(mask); exec \"$@\"", "sh"] + command.arguments
        if let asked { command.arguments += ["--socket-mode", asked] }
        let process = try installation.start("serve", command)
        try wait(for: "socket") { !process.isRunning || (try? StreamSocket(connectingTo: .unix(path))) != nil }
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == mode_t(asked ?? "660", radix: 8))
        #expect(try FastCGIDoor(address: .unix(path)).send(Request(posting: Body.t1)).status == 200)
        // Files and directories of the data directory have theirs.
        #expect(try installation.scratch.data.findings() == [])
    }
}
