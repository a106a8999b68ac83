import Foundation
import TestSupport
import Testing

@Suite("Whichever way a callback comes in")
struct MatrixTests {
    @Test("the replies, the records, the rejected bodies and the journal are the same", arguments: WayIn.testable())
    func sameRepliesAndFiles(way: WayIn) throws {
        let installation = try way.open()
        let data = installation.scratch.data
        var errors: [String: String] = [:]
        for exchange in Exchange.table {
            guard let reply = expectReply(to: exchange, from: installation) else { continue }
            let note: Comment = "\(exchange.name): \(reply.text)"
            #expect(reply.status == exchange.status, note)
            if let expected = exchange.reply { #expect(reply.json == expected, note) }
            if exchange.isRejected, exchange.request.method == "HEAD" {
                errors[exchange.name] =
                    "this came as HEAD; a callback must come as POST, with the report as its body, and without a redirect"
            } else if exchange.isRejected {
                #expect(reply.json?["status"] == "error", note)
                errors[exchange.name] = reply.json?["error"]?.string
                #expect(errors[exchange.name]?.contains(exchange.error) == true, note)
            }
            if exchange.request.method == "HEAD" { #expect(reply.body.isEmpty, note) }
            if exchange.status == 405 { #expect(reply.headers["allow"] == exchange.allowed, note) }
        }
        try data.expectRecordsOfTable()
        try data.expectRejectedAndJournalOfTable(errors: errors)
        #expect(try data.findings() == [])
        installation.stop()
        // Nobody is left who was started by others, such as a handler by its web server.
        let socket = Address.unix(installation.scratch.file("run/handler.sock"))
        #expect((try? StreamSocket(connectingTo: socket)) == nil)
        #expect(try installation.scratch.filesThatTell(secretToken) == [])
    }

    private func expectReply(to exchange: Exchange, from installation: Installation) -> Reply? {
        do {
            return try installation.door.send(exchange.request)
        } catch {
            Issue.record("\(exchange.name): \(error)\n\(installation.scratch.logs)")
            return nil
        }
    }
}

extension Scratch {
    /// Logs that hold a secret, which none may.
    func filesThatTell(_ secret: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file("logs")).filter { name in
            // What a CGI process says on standard output is the reply; that must not hold it either.
            guard let bytes = FileManager.default.contents(atPath: file("logs/\(name)")) else { return false }
            return bytes.range(of: Data(secret.utf8)) != nil
        }
    }
}
