import Foundation
import TestSupport
import Testing

@Suite("Where there is no room for the record, or for the journal's line")
struct NoRoomTests {
    private let installation: Installation
    private let door: CGIDoor

    init() throws {
        installation = try Installation.prepared()
        door = installation.scratch.cgiDoor
    }

    /// The program, in which no file grows past some blocks of 512 bytes.
    private func limited(_ blocks: Int?, _ arguments: [String] = []) -> Command {
        let limit = blocks.map { "ulimit -f \($0) && " } ?? ""
        var command = Command(
            ["/bin/sh", "-c", "\(limit)exec \"$0\" \"$@\"", installation.scratch.executable] + arguments
        ).asServerUser
        command.environment = door.command.environment
        return command
    }

    private func journal() throws -> [UInt8] {
        try installation.scratch.data.names("journal").flatMap(installation.scratch.data.bytes)
    }

    @Test(
        "the line is taken back and comes to nothing later, earlier entries stay as they were, and the file goes on",
        arguments: [5, 9])
    func takenBack(blocks: Int) throws {
        #expect(try door.send(Request(posting: Body.short("KH-FIRST"))).status == 200)
        let before = try journal()
        // A record holds the body and its text once more; the journal's line has the body alone, and passes 5 blocks too.
        let large = Request(posting: Body.padded("KH-LARGE", to: 3_000))
        var command = limited(blocks)
        command.environment.merge(large.variables) { $1 }
        command.input = large.body
        let ending = try ChildProcess.run(command, in: installation.scratch)
        #expect(try Reply(cgi: ending.bytes).status == 503, "\(ending.errors)")
        #expect(ending.errors.contains("event=failed") && ending.errors.contains("File too large"))
        #expect(try journal() == before)
        #expect(try door.send(Request(posting: Body.short("KH-NEXT"))).status == 200)
        let data = installation.scratch.data
        #expect(try journal().starts(with: before) && data.names("journal").count == 1)
        #expect(data.names("transactions") == ["transactions/KH-FIRST.json", "transactions/KH-NEXT.json"])
        #expect(try door.send(large).json?["result"] == "created")
        #expect(try data.findings() == [])
    }

    @Test("a batch is taken back as a whole, also from records that were there before")
    func batch() throws {
        #expect(try door.send(Request(posting: Body.short("KH-OLD", status: "Pending"))).status == 200)
        let data = installation.scratch.data
        let before = try (journal(), data.bytes("transactions/KH-OLD.json"))
        let lines = [
            Body.short("KH-OLD"), Body.short("KH-NEW"), "no callback", Body.padded("KH-LARGE", to: 3_000),
        ]
        let log = try lines.enumerated().map { number, body in
            let body = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
            return
                #"{"time":"2026-11-22T08:0\#(number):00+00:00","remote_addr":"127.0.0.1","status":"502","body":\#(body)}"#
        }
        let file = try installation.scratch.write(log.joined(separator: "\n") + "\n", to: "etc/bodies", secret: true)
        let ending = try ChildProcess.run(limited(11, ["import", file]), in: installation.scratch)
        #expect(ending.status == 2, "\(ending.errors)")
        #expect(try journal() == before.0)
        #expect(try data.bytes("transactions/KH-OLD.json") == before.1)
        #expect(data.names("transactions", "rejected") == ["transactions/KH-OLD.json"])
        // One of the lines is no callback.
        #expect(try ChildProcess.run(limited(nil, ["import", file]), in: installation.scratch).status == 1)
        #expect(data.names("transactions").count == 3 && data.names("rejected").count == 1)
        #expect(try data.findings() == [])
    }
}
