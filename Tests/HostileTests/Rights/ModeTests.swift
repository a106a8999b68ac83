import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Modes of what the program makes")
struct ModeTests {
    @Test("are 0640 and 0750 whatever the mask of whoever starts it", arguments: ["0000", "0777", "0022", "0077"])
    func anyMask(_ mask: String) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let address = Address.unix(scratch.file("run/handler.sock"))
        var command = try installation.serveCommand(on: address)
        command.arguments = ["/bin/sh", "-c", "umask \(mask) && exec \"$@\"", "sh"] + command.arguments
        let serve = try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()
        var cgi = scratch.cgiDoor
        cgi.command.arguments = ["/bin/sh", "-c", "umask \(mask) && exec \"$@\"", "sh"] + cgi.command.arguments
        for door in [installation.door, cgi] as [any Door] {
            #expect(try door.send(Request(posting: #"{"refid":"U-1","message":"{}"}"#)).status == 200)
            #expect(try door.send(Request(posting: #"{"memberid":"U","amount":1,"message":"{}"}"#)).status == 200)
            #expect(try door.send(Request(posting: "bukan JSON")).status == 400)
        }
        #expect(serve.isRunning)
        // Looks at the mode of everything.
        #expect(try scratch.data.findings() == [])
        var status = stat()
        #expect(lstat(scratch.file("run/handler.sock"), &status) == 0 && status.st_mode & 0o777 == 0o660)
    }

    @Test("that somebody widens are found by this test")
    func control() throws {
        let installation = try WayIn.cgi.open()
        #expect(try installation.door.send(Request(posting: #"{"refid":"U-1","message":"{}"}"#)).status == 200)
        chmod(installation.scratch.file("home/data/transactions/U-1.json"), 0o644)
        #expect(try installation.scratch.data.findings().count == 1)
    }
}
